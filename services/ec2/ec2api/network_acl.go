package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateNetworkAcl implements API. A new ACL denies everything.
func (h *Handlers) CreateNetworkAcl(ctx context.Context, in *CreateNetworkAclInput) (*CreateNetworkAclOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "network-acl")
	if err != nil {
		return nil, err
	}
	acl := ec2.NetworkACL{ID: ec2.NewNetworkACLID()}
	ids, err := h.once(ctx, in.DryRun, in.ClientToken, in, func(tx *store.Txn, s aws.Scope) ([]string, error) {
		vpc, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		if err != nil {
			return nil, err
		}
		acl.Scope, acl.VPC = s, vpc.ID
		ec2.NetworkACLs.Put(tx, acl)
		ec2.PutTags(tx, s, acl.ID, tags)
		return []string{acl.ID}, nil
	})
	if err != nil {
		return nil, err
	}
	out := &CreateNetworkAclOutput{ClientToken: in.ClientToken}
	r := h.Store.Snapshot()
	if row, ok := ec2.NetworkACLs.Get(r, ids[0]); ok {
		out.NetworkAcl = wire.Ptr(wireACL(r, row))
	}
	return out, nil
}

// DeleteNetworkAcl implements API.
func (h *Handlers) DeleteNetworkAcl(ctx context.Context, in *DeleteNetworkAclInput) (*DeleteNetworkAclOutput, error) {
	return &DeleteNetworkAclOutput{}, h.changeACL(ctx, in.DryRun, in.NetworkAclId, ec2.RemoveNetworkACL)
}

// ReplaceNetworkAclAssociation implements API.
func (h *Handlers) ReplaceNetworkAclAssociation(ctx context.Context, in *ReplaceNetworkAclAssociationInput) (*ReplaceNetworkAclAssociationOutput, error) {
	id := ec2.NewACLAssociationID()
	err := h.changeACL(ctx, in.DryRun, in.NetworkAclId, func(tx *store.Txn, acl *ec2.NetworkACL) error {
		return ec2.AssociateACL(tx, acl.Scope, wire.Val(in.AssociationId), id, acl)
	})
	return &ReplaceNetworkAclAssociationOutput{NewAssociationId: &id}, err
}

// CreateNetworkAclEntry implements API.
func (h *Handlers) CreateNetworkAclEntry(ctx context.Context, in *CreateNetworkAclEntryInput) (*CreateNetworkAclEntryOutput, error) {
	entry, err := aclEntry((*ReplaceNetworkAclEntryInput)(in))
	if err != nil {
		return nil, err
	}
	return &CreateNetworkAclEntryOutput{}, h.changeACL(ctx, in.DryRun, in.NetworkAclId, func(tx *store.Txn, acl *ec2.NetworkACL) error {
		return ec2.AddACLEntry(tx, acl, wire.Val(in.Egress), entry)
	})
}

// ReplaceNetworkAclEntry implements API.
func (h *Handlers) ReplaceNetworkAclEntry(ctx context.Context, in *ReplaceNetworkAclEntryInput) (*ReplaceNetworkAclEntryOutput, error) {
	entry, err := aclEntry(in)
	if err != nil {
		return nil, err
	}
	return &ReplaceNetworkAclEntryOutput{}, h.changeACL(ctx, in.DryRun, in.NetworkAclId, func(tx *store.Txn, acl *ec2.NetworkACL) error {
		return ec2.ReplaceACLEntry(tx, acl, wire.Val(in.Egress), entry)
	})
}

// DeleteNetworkAclEntry implements API.
func (h *Handlers) DeleteNetworkAclEntry(ctx context.Context, in *DeleteNetworkAclEntryInput) (*DeleteNetworkAclEntryOutput, error) {
	number := int(wire.Val(in.RuleNumber))
	if err := ec2.CheckACLEntryNumber(number); err != nil {
		return nil, err
	}
	return &DeleteNetworkAclEntryOutput{}, h.changeACL(ctx, in.DryRun, in.NetworkAclId, func(tx *store.Txn, acl *ec2.NetworkACL) error {
		return ec2.RemoveACLEntry(tx, acl, wire.Val(in.Egress), number)
	})
}

// changeACL finds a network ACL and changes it.
func (h *Handlers) changeACL(ctx context.Context, dry *bool, id *string, fn func(*store.Txn, *ec2.NetworkACL) error) error {
	return h.change(ctx, dry, func(tx *store.Txn, s aws.Scope) error {
		acl, err := ec2.FindNetworkACL(tx, s, wire.Val(id))
		if err != nil {
			return err
		}
		return fn(tx, acl)
	})
}

// aclEntry reads an entry (EC2 API Reference, CreateNetworkAclEntry).
func aclEntry(in *ReplaceNetworkAclEntryInput) (e ec2.ACLEntry, err error) {
	if in.Ipv6CidrBlock != nil {
		return e, unsupported("Ipv6CidrBlock")
	}
	if in.CidrBlock == nil {
		return e, ec2.ErrMissingParameter("cidrBlock")
	}
	e.Number, e.Allow = int(wire.Val(in.RuleNumber)), wire.Val(in.RuleAction) == "allow"
	if err := ec2.CheckACLEntryNumber(e.Number); err != nil {
		return e, err
	}
	if e.Protocol, err = ec2.ParseProtocol(wire.Val(in.Protocol)); err != nil {
		return e, err
	}
	var from, to *int32
	switch {
	case in.IcmpTypeCode != nil && e.Protocol == ec2.ICMP:
		from, to = in.IcmpTypeCode.Type, in.IcmpTypeCode.Code
	case in.PortRange != nil && e.Protocol != ec2.ICMP:
		from, to = in.PortRange.From, in.PortRange.To
	}
	if e.FromPort, e.ToPort, err = ec2.ParsePorts(e.Protocol, from, to); err != nil {
		return e, err
	}
	e.CIDR, err = parseCIDR(*in.CidrBlock)
	return e, err
}
