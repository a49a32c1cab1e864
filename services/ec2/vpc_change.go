package ec2

import (
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NewVPCID returns the ID of a new VPC.
func NewVPCID() string { return NewID(prefixVPC) }

// errInUse says that others depend on a resource.
func errInUse(what, id string) error {
	return aws.Errorf("DependencyViolation", "The %s '%s' has dependencies and cannot be deleted.", what, id)
}

// AddVPC adds a VPC with what comes with every one: a main route table, the
// default security group and the default network ACL (VPC User Guide, "VPC basics").
func AddVPC(tx *store.Txn, s aws.Scope, id string, block netip.Prefix, tags map[string]string) error {
	if err := CheckVPCBlock(block); err != nil {
		return err
	}
	v := VPC{
		ID: id, Scope: s, CIDRs: []netip.Prefix{block}, DNSSupport: true,
		DHCPOptionsID: fixedID(prefixDHCPOptions, s, "default"),
	}
	VPCs.Put(tx, v)
	PutTags(tx, s, id, tags)
	RouteTables.Put(tx, RouteTable{
		ID: fixedID(prefixRouteTable, s, id), Scope: s, VPC: id,
		Associations: []RouteTableAssociation{{ID: fixedID(prefixAssociation, s, id), Main: true}},
	})
	putDefaultGroup(tx, s, id)
	AddDefaultACL(tx, v)
	return nil
}

// RemoveVPC deletes a VPC, with what came with it, once nothing else is in it.
func RemoveVPC(tx *store.Txn, v *VPC) error {
	if hasDependents(tx, v) {
		return errInUse("vpc", v.ID)
	}
	if err := RemoveDefaultACL(tx, v.ID); err != nil {
		return errInUse("vpc", v.ID)
	}
	var gone []string
	for t := range RouteTablesOf(tx, v.ID) {
		gone = append(gone, t.ID)
	}
	for g := range SecurityGroupsOf(tx, v.ID) {
		gone = append(gone, g.ID)
		for rule := range RulesOf(tx, g.ID) {
			gone = append(gone, rule.ID)
		}
	}
	for _, id := range gone {
		RouteTables.Delete(tx, id)
		SecurityGroups.Delete(tx, id)
		SecurityGroupRules.Delete(tx, id)
		DeleteTags(tx, id)
	}
	forgetNATGatewaysOf(tx, v.ID)
	RemoveFlowLogsOf(tx, v.ID)
	VPCs.Delete(tx, v.ID)
	DeleteTags(tx, v.ID)
	return nil
}

// hasDependents says whether a VPC has anything that did not come with it.
func hasDependents(r store.Reader, v *VPC) bool {
	if used(SubnetsOf(r, v.ID)) || used(InterfacesOf(r, v.ID)) || used(EndpointsOf(r, v.ID)) {
		return true
	}
	if _, attached := GatewayOf(r, v); attached {
		return true
	}
	for t := range RouteTablesOf(r, v.ID) {
		if !t.Main() {
			return true
		}
	}
	for g := range SecurityGroupsOf(r, v.ID) {
		if g.Name != "default" {
			return true
		}
	}
	return false
}
