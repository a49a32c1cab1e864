package ec2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// grouped is a store with the groups sg-a and sg-b in the default VPC, and sg-c
// in another one.
func grouped(t testing.TB) *store.Store {
	t.Helper()
	s := opened(t)
	vpc, _ := DefaultVPC(s.Snapshot(), scope)
	update(t, s, func(tx *store.Txn) error {
		VPCs.Put(tx, VPC{ID: "vpc-other", Scope: scope, CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}})
		for id, in := range map[string]string{"sg-a": vpc.ID, "sg-b": vpc.ID, "sg-c": "vpc-other"} {
			if err := AddSecurityGroup(tx, SecurityGroup{ID: id, Scope: scope, VPC: in, Name: "name " + id}, "sgr-"+id, nil); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

func group(t testing.TB, r store.Reader, id string) *SecurityGroup {
	t.Helper()
	g, err := FindSecurityGroup(r, scope, id)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// traffic is a group's rules without IDs, in an order of their own.
func traffic(r store.Reader, group string) []string {
	var out []string
	for rule := range RulesOf(r, group) {
		out = append(out, fmt.Sprintf("%v %s", rule.Egress, rule.describe()))
	}
	slices.Sort(out)
	return out
}

func anyRule(group string) *rapid.Generator[SecurityGroupRule] {
	return rapid.Custom(func(t *rapid.T) SecurityGroupRule {
		r := SecurityGroupRule{
			Scope: scope, Group: group, Egress: rapid.Bool().Draw(t, "egress"),
			Protocol: rapid.SampledFrom([]int{tcp, udp, icmp, 50}).Draw(t, "protocol"), FromPort: -1, ToPort: -1,
		}
		if HasPorts(r.Protocol) {
			r.FromPort = rapid.IntRange(0, 3).Draw(t, "from")
			r.ToPort = r.FromPort + rapid.IntRange(0, 2).Draw(t, "more")
		}
		if rapid.Bool().Draw(t, "by group") {
			r.PeerGroup = rapid.SampledFrom([]string{"sg-a", "sg-b"}).Draw(t, "peer")
		} else {
			r.CIDR = netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), rapid.IntRange(8, 10).Draw(t, "bits"))
		}
		return r
	})
}

// TestAddThenRemove holds that rules which are added and then removed leave a
// group as it was, and that a request which fails leaves it so too.
func TestAddThenRemove(t *testing.T) {
	s := grouped(t)
	before := traffic(s.Snapshot(), "sg-a")
	rapid.Check(t, func(rt *rapid.T) {
		rules := rapid.SliceOfN(anyRule("sg-a"), 1, 12).Draw(rt, "rules")
		for i := range rules {
			rules[i].ID = fmt.Sprintf("sgr-%d", i)
		}
		repeated := CheckRepeated(rules)
		err := s.Update(t.Context(), func(tx *store.Txn) error { return AddRules(tx, group(t, tx, "sg-a"), rules) })
		if (err != nil) != (repeated != nil) {
			rt.Fatalf("repeated: %v, added: %v", repeated, err)
		}
		if err == nil {
			if got := len(traffic(s.Snapshot(), "sg-a")); got != len(before)+len(rules) {
				rt.Fatalf("%d rules after %d more", got, len(rules))
			}
			update(t, s, func(tx *store.Txn) error {
				removed, unknown, err := RemoveRules(tx, group(t, tx, "sg-a"), rules)
				if len(removed) != len(rules) || len(unknown) != 0 {
					rt.Fatalf("removed %d of %d, unknown %d", len(removed), len(rules), len(unknown))
				}
				return err
			})
		}
		if after := traffic(s.Snapshot(), "sg-a"); !slices.Equal(after, before) {
			rt.Fatalf("left %q, was %q", after, before)
		}
	})
}

// TestRemoveTwice holds that a rule given twice is removed once.
func TestRemoveTwice(t *testing.T) {
	s := grouped(t)
	rule := SecurityGroupRule{ID: "sgr-1", Scope: scope, Group: "sg-a", Protocol: tcp, FromPort: 1, ToPort: 1, CIDR: anywhere}
	update(t, s, func(tx *store.Txn) error { return AddRules(tx, group(t, tx, "sg-a"), []SecurityGroupRule{rule}) })
	update(t, s, func(tx *store.Txn) error {
		removed, unknown, err := RemoveRules(tx, group(t, tx, "sg-a"), []SecurityGroupRule{rule, rule})
		if len(removed) != 1 || len(unknown) != 1 {
			t.Errorf("removed %v, unknown %v", removed, unknown)
		}
		return err
	})
}

func TestRuleCodes(t *testing.T) {
	s := grouped(t)
	base := SecurityGroupRule{ID: "sgr-1", Scope: scope, Group: "sg-a", Protocol: icmp, FromPort: -1, ToPort: -1, CIDR: anywhere}
	update(t, s, func(tx *store.Txn) error { return AddRules(tx, group(t, tx, "sg-a"), []SecurityGroupRule{base}) })
	peer := func(id string) SecurityGroupRule {
		r := base
		r.ID, r.CIDR, r.PeerGroup = "sgr-2", netip.Prefix{}, id
		return r
	}
	for _, c := range []struct {
		name       string
		rule       SecurityGroupRule
		code, text string
	}{
		{"duplicate", base, "InvalidPermission.Duplicate", `"peer: 0.0.0.0/0, ICMP, type: ALL, code: ALL, ALLOW"`},
		{"unknown peer", peer("sg-nope"), "InvalidGroup.NotFound", "sg-nope"},
		{"peer elsewhere", peer("sg-c"), "InvalidGroup.NotFound", "different networks"},
	} {
		err := s.Update(t.Context(), func(tx *store.Txn) error {
			return AddRules(tx, group(t, tx, "sg-a"), []SecurityGroupRule{c.rule})
		})
		if e, ok := aws.AsError(err); !ok || e.Code != c.code || !strings.Contains(e.Message, c.text) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	gone := base
	gone.Group, gone.Protocol = "sg-c", 99
	err := s.Update(t.Context(), func(tx *store.Txn) error {
		_, _, err := RemoveRules(tx, group(t, tx, "sg-c"), []SecurityGroupRule{gone})
		return err
	})
	if e, ok := aws.AsError(err); !ok || e.Code != "InvalidPermission.NotFound" {
		t.Errorf("a rule that isn't there: %v", err)
	}
}

func TestDescribeRule(t *testing.T) {
	for want, r := range map[string]SecurityGroupRule{
		"peer: 0.0.0.0/0, TCP, from port: 22, to port: 23, ALLOW": {Protocol: tcp, FromPort: 22, ToPort: 23, CIDR: anywhere},
		"peer: sg-a, UDP, from port: 0, to port: 0, ALLOW":        {Protocol: udp, PeerGroup: "sg-a"},
		"peer: 0.0.0.0/0, ALL, ALLOW":                             {Protocol: -1, CIDR: anywhere},
		"peer: 0.0.0.0/0, ICMP, type: 8, code: ALL, ALLOW":        {Protocol: icmp, FromPort: 8, ToPort: -1, CIDR: anywhere},
		"peer: 0.0.0.0/0, 50, ALLOW":                              {Protocol: 50, CIDR: anywhere},
	} {
		if got := r.describe(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRemoveSecurityGroup(t *testing.T) {
	s := grouped(t)
	remove := func(id string) error {
		return s.Update(t.Context(), func(tx *store.Txn) error { return RemoveSecurityGroup(tx, group(t, tx, id)) })
	}
	update(t, s, func(tx *store.Txn) error {
		SecurityGroupRules.Put(tx, SecurityGroupRule{ID: "sgr-1", Scope: scope, Group: "sg-a", Protocol: -1, PeerGroup: "sg-b"})
		SecurityGroupRules.Put(tx, SecurityGroupRule{ID: "sgr-2", Scope: scope, Group: "sg-a", Protocol: -1, PeerGroup: "sg-a"})
		PutTags(tx, scope, "sg-a", map[string]string{"k": "v"})
		return nil
	})
	if e, ok := aws.AsError(remove("sg-b")); !ok || e.Code != "DependencyViolation" {
		t.Errorf("a group that another's rule names: %v", e)
	}
	for _, id := range []string{"sg-a", "sg-b"} {
		if err := remove(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	r := s.Snapshot()
	if len(traffic(r, "sg-a")) != 0 || TagsOf(r, "sg-a") != nil {
		t.Error("rules or tags outlived their group")
	}
}

func TestCheckRuleDescription(t *testing.T) {
	for s, ok := range map[string]bool{
		"": true, "a-z (1) [x]{y} #!$*": true, strings.Repeat("a", 255): true,
		strings.Repeat("a", 256): false, "é": false, "a\n": false, "a|b": false, "<": false,
	} {
		if err := CheckRuleDescription(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}
