package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateRouteTable implements API.
func (h *Handlers) CreateRouteTable(ctx context.Context, in *CreateRouteTableInput) (*CreateRouteTableOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "route-table")
	if err != nil {
		return nil, err
	}
	id := ec2.NewRouteTableID()
	ids, err := h.once(ctx, in.DryRun, in.ClientToken, in, func(tx *store.Txn, s aws.Scope) ([]string, error) {
		v, err := ec2.FindVPC(tx, s, wire.Val(in.VpcId))
		if err != nil {
			return nil, err
		}
		ec2.RouteTables.Put(tx, ec2.RouteTable{ID: id, Scope: s, VPC: v.ID})
		ec2.PutTags(tx, s, id, tags)
		return []string{id}, nil
	})
	if err != nil {
		return nil, err
	}
	out, r := &CreateRouteTableOutput{ClientToken: in.ClientToken}, h.Store.Snapshot()
	if t, ok := ec2.RouteTables.Get(r, ids[0]); ok {
		out.RouteTable = wire.Ptr(wireRouteTable(r, t))
	}
	return out, nil
}

// changeTable finds a route table and changes it.
func (h *Handlers) changeTable(ctx context.Context, dry *bool, id *string, fn func(*store.Txn, *ec2.RouteTable) error) error {
	return h.change(ctx, dry, func(tx *store.Txn, s aws.Scope) error {
		t, err := ec2.FindRouteTable(tx, s, wire.Val(id))
		if err != nil {
			return err
		}
		return fn(tx, t)
	})
}

// DeleteRouteTable implements API.
func (h *Handlers) DeleteRouteTable(ctx context.Context, in *DeleteRouteTableInput) (*DeleteRouteTableOutput, error) {
	return &DeleteRouteTableOutput{}, h.changeTable(ctx, in.DryRun, in.RouteTableId, ec2.RemoveRouteTable)
}

// AssociateRouteTable implements API, for subnets.
func (h *Handlers) AssociateRouteTable(ctx context.Context, in *AssociateRouteTableInput) (*AssociateRouteTableOutput, error) {
	switch {
	case in.GatewayId != nil:
		return nil, unsupported("GatewayId")
	case in.PublicIpv4Pool != nil:
		return nil, unsupported("PublicIpv4Pool")
	case in.SubnetId == nil:
		return nil, ec2.ErrMissingParameter("subnetId")
	}
	id := ec2.NewRouteAssociationID()
	if err := h.changeTable(ctx, in.DryRun, in.RouteTableId, func(tx *store.Txn, t *ec2.RouteTable) error {
		n, err := ec2.FindSubnet(tx, t.Scope, *in.SubnetId)
		if err != nil {
			return err
		}
		return ec2.AssociateSubnet(tx, t, n, id)
	}); err != nil {
		return nil, err
	}
	return &AssociateRouteTableOutput{AssociationId: &id, AssociationState: associated()}, nil
}

func associated() *RouteTableAssociationState {
	return &RouteTableAssociationState{State: wire.Ptr("associated")}
}

// DisassociateRouteTable implements API.
func (h *Handlers) DisassociateRouteTable(ctx context.Context, in *DisassociateRouteTableInput) (*DisassociateRouteTableOutput, error) {
	return &DisassociateRouteTableOutput{}, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		return ec2.Disassociate(tx, s, wire.Val(in.AssociationId))
	})
}

// ReplaceRouteTableAssociation implements API.
func (h *Handlers) ReplaceRouteTableAssociation(ctx context.Context, in *ReplaceRouteTableAssociationInput) (*ReplaceRouteTableAssociationOutput, error) {
	id := ec2.NewRouteAssociationID()
	if err := h.changeTable(ctx, in.DryRun, in.RouteTableId, func(tx *store.Txn, t *ec2.RouteTable) error {
		return ec2.ReplaceAssociation(tx, t.Scope, wire.Val(in.AssociationId), id, t)
	}); err != nil {
		return nil, err
	}
	return &ReplaceRouteTableAssociationOutput{NewAssociationId: &id, AssociationState: associated()}, nil
}
