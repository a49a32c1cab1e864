package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// DescribeSecurityGroupReferences implements API. Only peered VPCs could refer
// to a group from outside, and there are none.
func (h *Handlers) DescribeSecurityGroupReferences(ctx context.Context, in *DescribeSecurityGroupReferencesInput) (*DescribeSecurityGroupReferencesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	for _, id := range in.GroupId {
		if _, err := ec2.FindSecurityGroup(r, scope, id); err != nil {
			return nil, err
		}
	}
	return &DescribeSecurityGroupReferencesOutput{SecurityGroupReferenceSet: []SecurityGroupReference{}}, dryRun(in.DryRun)
}

// DescribeStaleSecurityGroups implements API. Rules get stale when a peering
// ends, and there are no peerings.
func (h *Handlers) DescribeStaleSecurityGroups(ctx context.Context, in *DescribeStaleSecurityGroupsInput) (*DescribeStaleSecurityGroupsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := ec2.FindVPC(h.Store.Snapshot(), scope, wire.Val(in.VpcId)); err != nil {
		return nil, err
	}
	return &DescribeStaleSecurityGroupsOutput{StaleSecurityGroupSet: []StaleSecurityGroup{}}, dryRun(in.DryRun)
}

var groupForVPCFilters = filterTable[ec2.SecurityGroup]{
	"description":    groupFilters["description"],
	"group-id":       groupFilters["group-id"],
	"group-name":     groupFilters["group-name"],
	"owner-id":       groupFilters["owner-id"],
	"primary-vpc-id": groupFilters["vpc-id"],
}

// GetSecurityGroupsForVpc implements API: groups aren't shared between VPCs, so
// a VPC's are its own.
func (h *Handlers) GetSecurityGroupsForVpc(ctx context.Context, in *GetSecurityGroupsForVpcInput) (*GetSecurityGroupsForVpcOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	vpc, err := ec2.FindVPC(r, scope, wire.Val(in.VpcId))
	if err != nil {
		return nil, err
	}
	rows, next, err := listing[ec2.SecurityGroup]{
		reader: r, operation: "GetSecurityGroupsForVpc", all: ec2.SecurityGroupsOf(r, vpc.ID),
		key:     func(g *ec2.SecurityGroup) string { return g.ID },
		tags:    func(g *ec2.SecurityGroup) map[string]string { return ec2.TagsOf(r, g.ID) },
		filters: in.Filters, known: groupForVPCFilters, token: in.NextToken, max: in.MaxResults, dryRun: in.DryRun,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &GetSecurityGroupsForVpcOutput{NextToken: next, SecurityGroupForVpcs: []SecurityGroupForVpc{}}
	for _, g := range rows {
		out.SecurityGroupForVpcs = append(out.SecurityGroupForVpcs, wireGroupForVPC(r, g))
	}
	return out, nil
}

func wireGroupForVPC(r store.Reader, g *ec2.SecurityGroup) SecurityGroupForVpc {
	return SecurityGroupForVpc{
		GroupId: &g.ID, GroupName: &g.Name, Description: &g.Description, OwnerId: &g.Scope.Account,
		PrimaryVpcId: &g.VPC, Tags: wireTags(r, g.ID),
	}
}
