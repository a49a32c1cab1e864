package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
)

func (w *world) acl(id string) NetworkAcl {
	w.t.Helper()
	return first(w.t, must(w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{NetworkAclIds: []string{id}}))(w.t).NetworkAcls)
}

func (w *world) newACL(vpc string) string {
	w.t.Helper()
	return *must(w.CreateNetworkAcl(w.ctx, &CreateNetworkAclInput{VpcId: &vpc}))(w.t).NetworkAcl.NetworkAclId
}

func TestDefaultNetworkACL(t *testing.T) {
	w := newWorld(t)
	acl := first(t, must(w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{Filters: []Filter{
		filter("vpc-id", w.vpc), filter("default", "true"), filter("entry.rule-number", "32767"), filter("entry.rule-action", "allow"),
		filter("entry.egress", "true"), filter("association.subnet-id", *w.subnet("eu-west-1a").SubnetId),
	}}))(t).NetworkAcls)
	if !*acl.IsDefault || len(acl.Associations) != 3 || len(acl.Entries) != 4 || *acl.OwnerId != account {
		t.Errorf("default ACL %+v", acl)
	}
	if e := acl.Entries[0]; *e.RuleNumber != 100 || *e.RuleAction != "allow" || *e.Protocol != "-1" || !*e.Egress || *e.CidrBlock != "0.0.0.0/0" || e.PortRange != nil {
		t.Errorf("entry %+v", e)
	}
	_, err := w.DeleteNetworkAcl(w.ctx, &DeleteNetworkAclInput{NetworkAclId: acl.NetworkAclId})
	refused(t, err, "InvalidParameterValue", "default network ACL")
}

func TestACLLife(t *testing.T) {
	w := newWorld(t)
	in := &CreateNetworkAclInput{
		VpcId: &w.vpc, ClientToken: p("token"),
		TagSpecifications: []TagSpecification{{ResourceType: p("network-acl"), Tags: []Tag{{Key: p("Name"), Value: p("edge")}}}},
	}
	made := must(w.CreateNetworkAcl(w.ctx, in))(t).NetworkAcl
	if again := must(w.CreateNetworkAcl(w.ctx, in))(t).NetworkAcl; *again.NetworkAclId != *made.NetworkAclId {
		t.Error("a repeated request made another ACL")
	}
	id := made.NetworkAclId
	if len(made.Entries) != 2 || len(made.Associations) != 0 || *made.IsDefault || *first(t, made.Tags).Value != "edge" {
		t.Errorf("new ACL %+v", made)
	}
	for _, e := range []*CreateNetworkAclEntryInput{
		{RuleNumber: p[int32](200), Protocol: p("6"), PortRange: &PortRange{p[int32](80), p[int32](90)}},
		{RuleNumber: p[int32](100), Protocol: p("icmp"), IcmpTypeCode: &IcmpTypeCode{Type: p[int32](8), Code: p[int32](-1)}},
		{RuleNumber: p[int32](100), Protocol: p("-1"), Egress: p(true)},
	} {
		e.NetworkAclId, e.RuleAction, e.CidrBlock = id, p("allow"), p("10.1.2.3/8")
		if e.Egress == nil {
			e.Egress = p(false)
		}
		must(w.CreateNetworkAclEntry(w.ctx, e))(t)
	}
	replaced := &ReplaceNetworkAclEntryInput{NetworkAclId: id, RuleNumber: p[int32](200), Protocol: p("17"), RuleAction: p("deny"), Egress: p(false), CidrBlock: p("10.0.0.0/8"), PortRange: &PortRange{p[int32](53), p[int32](53)}}
	must(w.ReplaceNetworkAclEntry(w.ctx, replaced))(t)
	acl := w.acl(*id)
	var numbers []int32
	for _, e := range acl.Entries {
		numbers = append(numbers, *e.RuleNumber)
	}
	if !slices.Equal(numbers, []int32{100, 32767, 100, 200, 32767}) {
		t.Errorf("numbers %v", numbers)
	}
	if e := acl.Entries[2]; *e.IcmpTypeCode.Type != 8 || *e.IcmpTypeCode.Code != -1 || *e.Protocol != "1" || *e.CidrBlock != "10.0.0.0/8" {
		t.Errorf("ICMP entry %+v", e)
	}
	if e := acl.Entries[3]; *e.PortRange.From != 53 || *e.Protocol != "17" || *e.RuleAction != "deny" {
		t.Errorf("replaced entry %+v", e)
	}
	for _, f := range []Filter{
		filter("entry.icmp.type", "8"), filter("entry.port-range.from", "53"), filter("entry.port-range.to", "53"), filter("entry.icmp.code", "-1"),
		filter("entry.protocol", "17"), filter("entry.cidr", "10.0.0.0/8"), filter("tag:Name", "edge"), filter("default", "false"), filter("network-acl-id", *id),
	} {
		if got := must(w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{Filters: []Filter{f}}))(t).NetworkAcls; len(got) != 1 || *got[0].NetworkAclId != *id {
			t.Errorf("by %s: %d ACLs", *f.Name, len(got))
		}
	}
	must(w.DeleteNetworkAclEntry(w.ctx, &DeleteNetworkAclEntryInput{NetworkAclId: id, RuleNumber: p[int32](100), Egress: p(true)}))(t)
	if n := len(w.acl(*id).Entries); n != 4 {
		t.Errorf("%d entries", n)
	}
	must(w.DeleteNetworkAcl(w.ctx, &DeleteNetworkAclInput{NetworkAclId: id}))(t)
}

func TestACLAssociations(t *testing.T) {
	w := newWorld(t)
	id, subnet := w.newACL(w.vpc), *w.subnet("eu-west-1a").SubnetId
	def := first(t, must(w.DescribeNetworkAcls(w.ctx, &DescribeNetworkAclsInput{Filters: []Filter{filter("association.subnet-id", subnet)}}))(t).NetworkAcls)
	at := slices.IndexFunc(def.Associations, func(a NetworkAclAssociation) bool { return *a.SubnetId == subnet })
	old := def.Associations[at].NetworkAclAssociationId
	moved := must(w.ReplaceNetworkAclAssociation(w.ctx, &ReplaceNetworkAclAssociationInput{AssociationId: old, NetworkAclId: &id}))(t)
	if a := first(t, w.acl(id).Associations); *a.SubnetId != subnet || *a.NetworkAclAssociationId != *moved.NewAssociationId || *moved.NewAssociationId == *old {
		t.Errorf("association %+v", a)
	}
	if n := len(w.acl(*def.NetworkAclId).Associations); n != 2 {
		t.Errorf("%d left with the default ACL", n)
	}
	_, err := w.DeleteNetworkAcl(w.ctx, &DeleteNetworkAclInput{NetworkAclId: &id})
	refused(t, err, "DependencyViolation", id)
	_, err = w.ReplaceNetworkAclAssociation(w.ctx, &ReplaceNetworkAclAssociationInput{AssociationId: old, NetworkAclId: &id})
	refused(t, err, "InvalidAssociationID.NotFound", *old)
	foreign := w.newACL(w.secondVPC())
	_, err = w.ReplaceNetworkAclAssociation(w.ctx, &ReplaceNetworkAclAssociationInput{AssociationId: moved.NewAssociationId, NetworkAclId: &foreign})
	refused(t, err, "InvalidParameterValue", "different networks")
}

func TestACLEntryRefusals(t *testing.T) {
	w := newWorld(t)
	id := w.newACL(w.vpc)
	valid := CreateNetworkAclEntryInput{
		NetworkAclId: &id, RuleNumber: p[int32](100), Protocol: p("6"), RuleAction: p("allow"), Egress: p(false),
		CidrBlock: p("10.0.0.0/8"), PortRange: &PortRange{p[int32](80), p[int32](80)},
	}
	must(w.CreateNetworkAclEntry(w.ctx, &valid))(t)
	for _, c := range []struct {
		name, code, text string
		change           func(*CreateNetworkAclEntryInput)
	}{
		{"twice", "NetworkAclEntryAlreadyExists", "100", func(*CreateNetworkAclEntryInput) {}},
		{"number 0", "InvalidParameterValue", "ruleNumber", func(in *CreateNetworkAclEntryInput) { in.RuleNumber = p[int32](0) }},
		{"number 32767", "InvalidParameterValue", "ruleNumber", func(in *CreateNetworkAclEntryInput) { in.RuleNumber = p[int32](32767) }},
		{"unknown ACL", "InvalidNetworkAclID.NotFound", "acl-nope", func(in *CreateNetworkAclEntryInput) { in.NetworkAclId = p("acl-nope") }},
		{"no ACL's ID", "InvalidNetworkAclID.Malformed", "vpc-1", func(in *CreateNetworkAclEntryInput) { in.NetworkAclId = p("vpc-1") }},
		{"no block", "MissingParameter", "cidrBlock", func(in *CreateNetworkAclEntryInput) { in.CidrBlock = nil }},
		{"bad block", "InvalidParameterValue", "10.0.0.0/33", func(in *CreateNetworkAclEntryInput) { in.CidrBlock = p("10.0.0.0/33") }},
		{"IPv6", "UnsupportedOperation", "Ipv6CidrBlock", func(in *CreateNetworkAclEntryInput) { in.Ipv6CidrBlock = p("::/0") }},
		{"no ports", "InvalidParameterValue", "ports", func(in *CreateNetworkAclEntryInput) { in.PortRange = nil }},
		{"no type", "InvalidParameterValue", "ICMP", func(in *CreateNetworkAclEntryInput) { in.Protocol = p("1") }},
		{"protocol", "InvalidParameterValue", "Unknown protocol", func(in *CreateNetworkAclEntryInput) { in.Protocol = p("256") }},
		{"dry run", "DryRunOperation", "", func(in *CreateNetworkAclEntryInput) { in.RuleNumber, in.DryRun = p[int32](101), p(true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := valid
			c.change(&in)
			_, err := w.CreateNetworkAclEntry(w.ctx, &in)
			refused(t, err, c.code, c.text)
		})
	}
	_, err := w.DeleteNetworkAclEntry(w.ctx, &DeleteNetworkAclEntryInput{NetworkAclId: &id, RuleNumber: p[int32](101), Egress: p(false)})
	refused(t, err, "InvalidNetworkAclEntry.NotFound", "101")
	_, err = w.DeleteNetworkAclEntry(w.ctx, &DeleteNetworkAclEntryInput{NetworkAclId: &id, RuleNumber: p[int32](32767), Egress: p(false)})
	refused(t, err, "InvalidParameterValue", "ruleNumber")
	_, err = w.CreateNetworkAcl(w.ctx, &CreateNetworkAclInput{VpcId: p("vpc-nope")})
	refused(t, err, "InvalidVpcID.NotFound", "vpc-nope")
	if n := len(w.acl(id).Entries); n != 3 || wire.Val(w.acl(id).VpcId) != w.vpc {
		t.Errorf("%d entries", n)
	}
}
