package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateInternetGateway implements API.
func (h *Handlers) CreateInternetGateway(ctx context.Context, in *CreateInternetGatewayInput) (*CreateInternetGatewayOutput, error) {
	tags, err := specifiedTags(in.TagSpecifications, "internet-gateway")
	if err != nil {
		return nil, err
	}
	g := ec2.InternetGateway{ID: ec2.NewInternetGatewayID()}
	if err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		g.Scope = s
		ec2.InternetGateways.Put(tx, g)
		ec2.PutTags(tx, s, g.ID, tags)
		return nil
	}); err != nil {
		return nil, err
	}
	return &CreateInternetGatewayOutput{InternetGateway: wire.Ptr(wireInternetGateway(h.Store.Snapshot(), &g))}, nil
}

// changeGateway finds an internet gateway and changes it.
func (h *Handlers) changeGateway(ctx context.Context, dry *bool, id *string, fn func(*store.Txn, *ec2.InternetGateway) error) error {
	return h.change(ctx, dry, func(tx *store.Txn, s aws.Scope) error {
		g, err := ec2.FindInternetGateway(tx, s, wire.Val(id))
		if err != nil {
			return err
		}
		return fn(tx, g)
	})
}

// AttachInternetGateway implements API.
func (h *Handlers) AttachInternetGateway(ctx context.Context, in *AttachInternetGatewayInput) (*AttachInternetGatewayOutput, error) {
	return &AttachInternetGatewayOutput{}, h.changeGateway(ctx, in.DryRun, in.InternetGatewayId, func(tx *store.Txn, g *ec2.InternetGateway) error {
		v, err := ec2.FindVPC(tx, g.Scope, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		return g.Attach(tx, v)
	})
}

// DetachInternetGateway implements API.
func (h *Handlers) DetachInternetGateway(ctx context.Context, in *DetachInternetGatewayInput) (*DetachInternetGatewayOutput, error) {
	return &DetachInternetGatewayOutput{}, h.changeGateway(ctx, in.DryRun, in.InternetGatewayId, func(tx *store.Txn, g *ec2.InternetGateway) error {
		v, err := ec2.FindVPC(tx, g.Scope, wire.Val(in.VpcId))
		if err != nil {
			return err
		}
		return g.Detach(tx, v.ID)
	})
}

// DeleteInternetGateway implements API.
func (h *Handlers) DeleteInternetGateway(ctx context.Context, in *DeleteInternetGatewayInput) (*DeleteInternetGatewayOutput, error) {
	return &DeleteInternetGatewayOutput{}, h.changeGateway(ctx, in.DryRun, in.InternetGatewayId, func(tx *store.Txn, g *ec2.InternetGateway) error {
		return g.Remove(tx)
	})
}
