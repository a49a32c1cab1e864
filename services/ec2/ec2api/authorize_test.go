package ec2api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
)

// line writes a rule shortly: protocol, ports, and what it lets in.
func line(r SecurityGroupRule) string {
	peer := wire.Val(r.CidrIpv4)
	if r.ReferencedGroupInfo != nil {
		peer = *r.ReferencedGroupInfo.GroupId
	}
	return fmt.Sprintf("%s %d-%d %s", *r.IpProtocol, *r.FromPort, *r.ToPort, peer)
}

func block(cidr string) []IpRange { return []IpRange{{CidrIp: &cidr}} }

func tcp(from, to int32, cidr string) IpPermission {
	return IpPermission{IpProtocol: p("tcp"), FromPort: &from, ToPort: &to, IpRanges: block(cidr)}
}

func TestAuthorizeIngress(t *testing.T) {
	w := newWorld(t)
	peer := w.newGroup("", "peer")
	for _, c := range []struct {
		name string
		in   AuthorizeSecurityGroupIngressInput
		want []string
	}{
		{"flat", AuthorizeSecurityGroupIngressInput{IpProtocol: p("tcp"), FromPort: p[int32](80), ToPort: p[int32](90), CidrIp: p("10.0.0.0/8")}, []string{"tcp 80-90 10.0.0.0/8"}},
		{"flat, everything", AuthorizeSecurityGroupIngressInput{IpProtocol: p("-1"), CidrIp: p("0.0.0.0/0")}, []string{"-1 -1--1 0.0.0.0/0"}},
		{"flat, a group", AuthorizeSecurityGroupIngressInput{SourceSecurityGroupName: p("peer"), SourceSecurityGroupOwnerId: p(account)}, []string{"icmp -1--1 " + peer, "tcp 0-65535 " + peer, "udp 0-65535 " + peer}},
		{"one block", AuthorizeSecurityGroupIngressInput{IpPermissions: []IpPermission{tcp(22, 22, "10.0.0.1/32")}}, []string{"tcp 22-22 10.0.0.1/32"}},
		{"host bits", AuthorizeSecurityGroupIngressInput{IpPermissions: []IpPermission{tcp(22, 22, "100.68.0.18/18")}}, []string{"tcp 22-22 100.68.0.0/18"}},
		{"blocks and groups", AuthorizeSecurityGroupIngressInput{IpPermissions: []IpPermission{
			{IpProtocol: p("udp"), FromPort: p[int32](53), ToPort: p[int32](53), IpRanges: []IpRange{{CidrIp: p("10.1.0.0/16")}, {CidrIp: p("10.2.0.0/16")}}, UserIdGroupPairs: []UserIdGroupPair{{GroupId: &peer}, {GroupName: p("default")}}},
		}}, []string{"udp 53-53 10.1.0.0/16", "udp 53-53 10.2.0.0/16", "udp 53-53 " + peer, "udp 53-53 " + w.group}},
		{"protocols by number", AuthorizeSecurityGroupIngressInput{IpPermissions: []IpPermission{
			{IpProtocol: p("17"), FromPort: p[int32](1), ToPort: p[int32](2), IpRanges: block("10.0.0.0/8")},
			{IpProtocol: p("1"), FromPort: p[int32](8), ToPort: p[int32](0), IpRanges: block("10.0.0.0/8")},
			{IpProtocol: p("47"), FromPort: p[int32](8), ToPort: p[int32](0), IpRanges: block("10.0.0.0/8")},
			{IpProtocol: p("ALL"), FromPort: p[int32](8), ToPort: p[int32](9), IpRanges: block("10.0.0.0/8")},
		}}, []string{"udp 1-2 10.0.0.0/8", "icmp 8-0 10.0.0.0/8", "47 -1--1 10.0.0.0/8", "-1 -1--1 10.0.0.0/8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := w.newGroup("", "g "+c.name)
			c.in.GroupId = &g
			out := must(w.AuthorizeSecurityGroupIngress(w.ctx, &c.in))(t)
			var got []string
			for _, r := range out.SecurityGroupRules {
				got = append(got, line(r))
				if *r.GroupId != g || *r.IsEgress || *r.GroupOwnerId != account || !strings.HasSuffix(*r.SecurityGroupRuleArn, ":security-group-rule/"+*r.SecurityGroupRuleId) {
					t.Errorf("rule %+v", r)
				}
			}
			if !*out.Return || !slices.Equal(sorted(got...), sorted(c.want...)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			shown := must(w.DescribeSecurityGroupRules(w.ctx, &DescribeSecurityGroupRulesInput{
				SecurityGroupRuleIds: ids(out.SecurityGroupRules, func(r SecurityGroupRule) *string { return r.SecurityGroupRuleId }),
			}))(t).SecurityGroupRules
			if len(shown) != len(got) {
				t.Errorf("%d rules shown of %d", len(shown), len(got))
			}
		})
	}
}

func TestAuthorizeByName(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	out := must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{
		GroupName:         p("web"),
		IpPermissions:     []IpPermission{{IpProtocol: p("-1"), UserIdGroupPairs: []UserIdGroupPair{{GroupName: p("web"), Description: p("each other")}}}},
		TagSpecifications: []TagSpecification{{ResourceType: p("security-group-rule"), Tags: []Tag{{Key: p("k"), Value: p("v")}}}},
	}))(t)
	r := first(t, out.SecurityGroupRules)
	if *r.GroupId != g || *r.ReferencedGroupInfo.GroupId != g || *r.ReferencedGroupInfo.VpcId != w.vpc || *r.Description != "each other" || len(r.Tags) != 1 {
		t.Errorf("rule %+v", r)
	}
	n, err := w.describe("DescribeSecurityGroupRules", false, filter("tag:k", "v"))
	if err != nil || n != 1 {
		t.Errorf("%d rules with the tag, %v", n, err)
	}
}

func TestAuthorizeEgress(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	r := first(t, must(w.AuthorizeSecurityGroupEgress(w.ctx, &AuthorizeSecurityGroupEgressInput{GroupId: &g, IpPermissions: []IpPermission{tcp(443, 443, "10.0.0.0/8")}}))(t).SecurityGroupRules)
	if !*r.IsEgress || line(r) != "tcp 443-443 10.0.0.0/8" {
		t.Errorf("rule %+v", r)
	}
	// The same traffic inwards is another rule.
	must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: []IpPermission{tcp(443, 443, "10.0.0.0/8")}}))(t)
	_, err := w.AuthorizeSecurityGroupEgress(w.ctx, &AuthorizeSecurityGroupEgressInput{GroupId: &g, IpProtocol: p("tcp"), FromPort: p[int32](1), ToPort: p[int32](1), CidrIp: p("10.0.0.0/8")})
	refused(t, err, "InvalidParameterCombination", "ipPermissions")
	_, err = w.AuthorizeSecurityGroupEgress(w.ctx, &AuthorizeSecurityGroupEgressInput{GroupId: &g, IpPermissions: []IpPermission{{IpProtocol: p("-1"), IpRanges: block("0.0.0.0/0")}}})
	refused(t, err, "InvalidPermission.Duplicate", `the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists`)
	_, err = w.AuthorizeSecurityGroupEgress(w.ctx, &AuthorizeSecurityGroupEgressInput{GroupId: &g, DryRun: p(true), IpPermissions: []IpPermission{tcp(1, 1, "10.0.0.0/8")}})
	refused(t, err, "DryRunOperation", "")
}

func TestAuthorizeRefusals(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	w.allow(g, 22)
	foreign := w.newGroup(w.secondVPC(), "foreign")
	one := func(p IpPermission) AuthorizeSecurityGroupIngressInput {
		return AuthorizeSecurityGroupIngressInput{IpPermissions: []IpPermission{p}}
	}
	pair := func(u UserIdGroupPair) AuthorizeSecurityGroupIngressInput {
		return one(IpPermission{IpProtocol: p("-1"), UserIdGroupPairs: []UserIdGroupPair{u}})
	}
	for _, c := range []struct {
		name       string
		in         AuthorizeSecurityGroupIngressInput
		code, text string
	}{
		{"there already", one(tcp(22, 22, "0.0.0.0/0")), "InvalidPermission.Duplicate", `the specified rule "peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW" already exists`},
		{"twice in the request", AuthorizeSecurityGroupIngressInput{IpPermissions: []IpPermission{tcp(1, 1, "10.0.0.0/8"), tcp(1, 1, "10.9.9.9/8")}}, "InvalidParameterValue", "The same permission must not appear multiple times"},
		{"nothing", AuthorizeSecurityGroupIngressInput{}, "MissingParameter", "ipPermissions"},
		{"both forms", AuthorizeSecurityGroupIngressInput{CidrIp: p("10.0.0.0/8"), IpPermissions: []IpPermission{tcp(1, 1, "10.0.0.0/8")}}, "InvalidParameterCombination", "ipPermissions"},
		{"flat ports alone", AuthorizeSecurityGroupIngressInput{FromPort: p[int32](1)}, "MissingParameter", "ipProtocol"},
		{"flat without a block", AuthorizeSecurityGroupIngressInput{IpProtocol: p("tcp"), FromPort: p[int32](1), ToPort: p[int32](1)}, "MissingParameter", "cidrIp"},
		{"owner alone", AuthorizeSecurityGroupIngressInput{SourceSecurityGroupOwnerId: p(account)}, "MissingParameter", "sourceSecurityGroupName"},
		{"group and ports", AuthorizeSecurityGroupIngressInput{SourceSecurityGroupName: p("web"), IpProtocol: p("tcp")}, "InvalidParameterCombination", "sourceSecurityGroupName"},
		{"no protocol", one(IpPermission{IpRanges: block("10.0.0.0/8")}), "MissingParameter", "ipProtocol"},
		{"no peer", one(IpPermission{IpProtocol: p("-1")}), "MissingParameter", "ipRanges"},
		{"unknown protocol", one(IpPermission{IpProtocol: p("carrier-pigeon"), IpRanges: block("10.0.0.0/8")}), "InvalidParameterValue", "carrier-pigeon"},
		{"no ports", one(IpPermission{IpProtocol: p("tcp"), IpRanges: block("10.0.0.0/8")}), "InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."},
		{"ports the wrong way", one(tcp(90, 80, "10.0.0.0/8")), "InvalidParameterValue", "Invalid TCP/UDP port range (90:80)"},
		{"no such port", one(tcp(1, 65536, "10.0.0.0/8")), "InvalidParameterValue", "TCP/UDP port (65536) out of range"},
		{"malformed block", one(tcp(1, 1, "10.0.0.0")), "InvalidParameterValue", "CIDR block 10.0.0.0 is malformed"},
		{"odd description", one(IpPermission{IpProtocol: p("-1"), IpRanges: []IpRange{{CidrIp: p("10.0.0.0/8"), Description: p("a|b")}}}), "InvalidParameterValue", "Invalid rule description."},
		{"IPv6", one(IpPermission{IpProtocol: p("-1"), Ipv6Ranges: []Ipv6Range{{CidrIpv6: p("::/0")}}}), "UnsupportedOperation", "ipv6Ranges"},
		{"prefix list", one(IpPermission{IpProtocol: p("-1"), PrefixListIds: []PrefixListId{{PrefixListId: p("pl-1")}}}), "InvalidPrefixListID.NotFound", "pl-1"},
		{"unknown peer", pair(UserIdGroupPair{GroupId: p("sg-nope")}), "InvalidGroup.NotFound", "The security group 'sg-nope' does not exist"},
		{"malformed peer", pair(UserIdGroupPair{GroupId: p("nope")}), "InvalidGroupId.Malformed", "nope"},
		{"unknown peer by name", pair(UserIdGroupPair{GroupName: p("nope")}), "InvalidGroup.NotFound", "nope"},
		{"peer of another VPC", pair(UserIdGroupPair{GroupId: &foreign}), "InvalidGroup.NotFound", "You have specified two resources that belong to different networks."},
		{"peer of another account", pair(UserIdGroupPair{GroupId: &g, UserId: p("111111111111")}), "InvalidGroup.NotFound", "111111111111"},
		{"peered VPC", pair(UserIdGroupPair{GroupId: &g, VpcPeeringConnectionId: p("pcx-1")}), "UnsupportedOperation", "vpcPeeringConnectionId"},
		{"peer named twice", pair(UserIdGroupPair{GroupId: &g, GroupName: p("web")}), "InvalidParameterCombination", "groupName"},
		{"peer without a name", pair(UserIdGroupPair{UserId: p(account)}), "MissingParameter", "groupName or groupId"},
		{"dry run", AuthorizeSecurityGroupIngressInput{DryRun: p(true), IpPermissions: []IpPermission{tcp(1, 1, "10.0.0.0/8")}}, "DryRunOperation", ""},
		{"dry run of a duplicate", AuthorizeSecurityGroupIngressInput{DryRun: p(true), IpPermissions: []IpPermission{tcp(22, 22, "0.0.0.0/0")}}, "InvalidPermission.Duplicate", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.GroupId = &g
			_, err := w.AuthorizeSecurityGroupIngress(w.ctx, &c.in)
			refused(t, err, c.code, c.text)
			if n, _ := w.describe("DescribeSecurityGroupRules", false, filter("group-id", g)); n != 2 {
				t.Errorf("%d rules after a refused request, want the two from before", n)
			}
		})
	}
	_, err := w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: p("sg-nope"), IpPermissions: []IpPermission{tcp(1, 1, "10.0.0.0/8")}})
	refused(t, err, "InvalidGroup.NotFound", "sg-nope")
}

// TestRuleLimit holds that a group takes sixty rules a direction, and that a
// request which passes the limit adds none.
func TestRuleLimit(t *testing.T) {
	w := newWorld(t)
	g := w.newGroup("", "web")
	var list []IpPermission
	for port := range int32(60) {
		list = append(list, tcp(port, port, "10.0.0.0/8"))
	}
	_, err := w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: append(list, tcp(99, 99, "10.0.0.0/8"))})
	refused(t, err, "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	must(w.AuthorizeSecurityGroupIngress(w.ctx, &AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: list}))(t)
	must(w.AuthorizeSecurityGroupEgress(w.ctx, &AuthorizeSecurityGroupEgressInput{GroupId: &g, IpPermissions: list[:59]}))(t)
	_, err = w.AuthorizeSecurityGroupEgress(w.ctx, &AuthorizeSecurityGroupEgressInput{GroupId: &g, IpPermissions: list[59:]})
	refused(t, err, "RulesPerSecurityGroupLimitExceeded", "")
}

func FuzzParseCIDR(f *testing.F) {
	for _, s := range []string{"10.0.0.1/8", "0.0.0.0/0", "::/0", "1.2.3.4", "1.2.3.4/33", "::ffff:1.2.3.4/120", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCIDR(s)
		if err != nil {
			return
		}
		again, err := parseCIDR(c.String())
		if err != nil || again != c || c != c.Masked() || !c.Addr().Is4() {
			t.Errorf("%q is %s, and that is %s, %v", s, c, again, err)
		}
	})
}
