package elbv2

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

func TestPlacement(t *testing.T) {
	s, b, _ := world(t, false)
	zone := map[string]string{}
	update(t, s, func(tx *store.Txn) error {
		for n := range ec2.SubnetsOf(tx, b.VPC) {
			zone[n.Zone[len(n.Zone)-1:]] = n.ID
		}
		elsewhere, _ := ec2.Subnets.Get(tx, zone["a"])
		foreign, small := *elsewhere, *elsewhere
		foreign.ID, foreign.VPC, foreign.Zone = "subnet-foreign", "vpc-other", "eu-west-1b"
		small.ID, small.CIDR = "subnet-small", netip.MustParsePrefix("172.31.64.0/28")
		ec2.Subnets.Put(tx, foreign)
		ec2.Subnets.Put(tx, small)
		return nil
	})
	for name, tc := range map[string]struct {
		change  func(*LoadBalancer)
		subnets []string
		code    string
	}{
		"two zones":          {nil, []string{zone["a"], zone["b"]}, ""},
		"one zone":           {nil, []string{zone["a"]}, "ValidationError"},
		"none":               {nil, nil, "ValidationError"},
		"one zone, network":  {func(b *LoadBalancer) { b.Type = Network }, []string{zone["a"]}, ""},
		"none, network":      {func(b *LoadBalancer) { b.Type = Network }, nil, "ValidationError"},
		"no subnet":          {nil, []string{zone["a"], "subnet-0"}, "SubnetNotFound"},
		"two VPCs":           {nil, []string{zone["a"], "subnet-foreign"}, "InvalidSubnet"},
		"a small subnet":     {nil, []string{"subnet-small", zone["b"]}, "InvalidSubnet"},
		"a zone twice":       {nil, []string{zone["a"], zone["a"]}, "InvalidConfigurationRequest"},
		"another account's":  {func(b *LoadBalancer) { b.Scope.Account = "1" }, []string{zone["a"], zone["b"]}, "SubnetNotFound"},
		"another VPC":        {func(b *LoadBalancer) { b.VPC = "vpc-other" }, []string{zone["a"], zone["b"]}, "InvalidSubnet"},
		"no way out":         {func(b *LoadBalancer) { b.VPC, b.Type = "", Network }, []string{"subnet-foreign"}, "InvalidSubnet"},
		"no way out, inside": {func(b *LoadBalancer) { b.VPC, b.Scheme, b.Type = "", Internal, Network }, []string{"subnet-foreign"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			placed := *b
			placed.Subnets = nil
			if tc.change != nil {
				tc.change(&placed)
			}
			err := placed.PlaceIn(s.Snapshot(), tc.subnets)
			if code(err) != tc.code || err == nil && !slices.Equal(placed.Subnets, tc.subnets) {
				t.Errorf("%v, in %v", err, placed.Subnets)
			}
		})
	}
}

func TestProtection(t *testing.T) {
	s, b, _ := world(t, false)
	standard, _ := ec2.GroupNamed(s.Snapshot(), b.VPC, "default")
	update(t, s, func(tx *store.Txn) error {
		ec2.SecurityGroups.Put(tx, ec2.SecurityGroup{ID: "sg-foreign", Scope: scope, VPC: "vpc-other"})
		return nil
	})
	if err := b.Protect(s.Snapshot(), nil); err != nil || !slices.Equal(b.SecurityGroups, []string{standard.ID}) {
		t.Errorf("by default %v, %v", b.SecurityGroups, err)
	}
	for want, groups := range map[string][]string{
		"InvalidSecurityGroup":        {"sg-0"},
		"InvalidConfigurationRequest": {"sg-foreign"},
		"":                            {standard.ID},
	} {
		if got := code(b.Protect(s.Snapshot(), groups)); got != want {
			t.Errorf("%v: %q, want %q", groups, got, want)
		}
	}
	if got := code(b.Protect(s.Snapshot(), slices.Repeat([]string{standard.ID}, 6))); got != "InvalidConfigurationRequest" {
		t.Errorf("six groups: %q", got)
	}
	open := *b
	open.Type, open.SecurityGroups = Network, nil
	if err := open.Protect(s.Snapshot(), nil); err != nil || !open.Open() {
		t.Errorf("network without groups: %v, %v", open.SecurityGroups, err)
	}
	if got := code(open.Reprotect(s.Snapshot(), []string{standard.ID})); got != "InvalidConfigurationRequest" {
		t.Errorf("groups for a network one made without: %q", got)
	}
	b.Type = Network
	if err := b.Reprotect(s.Snapshot(), []string{standard.ID}); err != nil || b.Open() {
		t.Errorf("other groups: %v", err)
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"web": true, "Web-1": true, strings.Repeat("a", 32): true, "internally": true,
		"": false, "-web": false, "web-": false, "we_b": false, "internal-web": false, strings.Repeat("a", 33): false,
	} {
		if err := CheckName("load balancer", name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := CheckName("target group", "internal-web"); err != nil {
		t.Error(err)
	}
}

func TestARNs(t *testing.T) {
	b := &LoadBalancer{ARN: LoadBalancerARN(scope, Network, "db", "0123456789abcdef"), Name: "db", Type: Network, Scope: scope, Scheme: Internal}
	l := ListenerARN(b.ARN, "1111111111111111")
	for got, want := range map[string]string{
		b.ARN:                           "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/net/db/0123456789abcdef",
		b.Path():                        "net/db/0123456789abcdef",
		b.DNSName():                     "internal-db-0123456789abcdef.eu-west-1.elb.localhost",
		l:                               "arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener/net/db/0123456789abcdef/1111111111111111",
		RuleARN(l, "2222222222222222"):  "arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener-rule/net/db/0123456789abcdef/1111111111111111/2222222222222222",
		TargetGroupARN(scope, "g", "3"): "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/g/3",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for arn, want := range map[string]string{l: b.ARN, RuleARN(l, "2222222222222222"): b.ARN, b.ARN: "", "arn:aws:x:listener/net": ""} {
		if got := LoadBalancerOf(arn); got != want {
			t.Errorf("the load balancer of %s is %q", arn, got)
		}
	}
	if a, b := NewID(), NewID(); len(a) != 16 || a == b {
		t.Errorf("IDs %s and %s", a, b)
	}
}
