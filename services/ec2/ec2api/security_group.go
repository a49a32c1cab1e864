package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateSecurityGroup implements API.
func (h *Handlers) CreateSecurityGroup(ctx context.Context, in *CreateSecurityGroupInput) (*CreateSecurityGroupOutput, error) {
	name, description := wire.Val(in.GroupName), wire.Val(in.Description)
	if err := ec2.CheckGroupName(name, description); err != nil {
		return nil, err
	}
	tags, err := specifiedTags(in.TagSpecifications, "security-group")
	if err != nil {
		return nil, err
	}
	group := ec2.SecurityGroup{ID: ec2.NewSecurityGroupID(), Name: name, Description: description}
	egress := ec2.NewRuleID()
	err = h.change(ctx, in.DryRun, func(tx *store.Txn, scope aws.Scope) error {
		vpc, err := vpcOrDefault(tx, scope, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		group.Scope, group.VPC = scope, vpc.ID
		return ec2.AddSecurityGroup(tx, group, egress, tags)
	})
	if err != nil {
		return nil, err
	}
	return &CreateSecurityGroupOutput{
		GroupId: &group.ID, SecurityGroupArn: wire.Ptr(groupARN(&group)), Tags: wireTagsIfAny(h.Store.Snapshot(), group.ID),
	}, nil
}

// DeleteSecurityGroup implements API.
func (h *Handlers) DeleteSecurityGroup(ctx context.Context, in *DeleteSecurityGroupInput) (*DeleteSecurityGroupOutput, error) {
	out := &DeleteSecurityGroupOutput{Return: wire.Ptr(true)}
	err := h.change(ctx, in.DryRun, func(tx *store.Txn, scope aws.Scope) error {
		group, err := findGroup(tx, scope, in.GroupId, in.GroupName)
		if err != nil {
			return err
		}
		out.GroupId = &group.ID
		return ec2.RemoveSecurityGroup(tx, group)
	})
	return out, err
}
