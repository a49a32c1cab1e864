package ecsapi

import (
	"context"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// RegisterTaskDefinition adds a revision to a family.
func (h *Handlers) RegisterTaskDefinition(ctx context.Context, in *RegisterTaskDefinitionInput) (*RegisterTaskDefinitionOutput, error) {
	caller := aws.CallerFrom(ctx)
	if err := checkDefinitionSize(in); err != nil {
		return nil, err
	}
	d, err := definitionFromWire(caller.Scope(), in)
	if err != nil {
		return nil, err
	}
	tags := each(in.Tags, tagFromWire)
	if err := ecs.CheckTags(tags); err != nil {
		return nil, err
	}
	d.RegisteredAt, d.RegisteredBy = h.Clock.Now(), caller.ARN
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		family := ecs.Family{ARN: ecs.FamilyARN(d.Scope, d.Family)}
		if old, ok := ecs.Families.Get(tx, family.ARN); ok {
			family = *old
		}
		family.LastRevision++
		d.Revision = family.LastRevision
		d.ARN = ecs.TaskDefinitionARN(d.Scope, d.Family, d.Revision)
		ecs.Families.Put(tx, family)
		ecs.TaskDefinitions.Put(tx, d)
		return ecs.PutTags(tx, d.ARN, tags)
	})
	if err != nil {
		return nil, err
	}
	return &RegisterTaskDefinitionOutput{TaskDefinition: definitionToWire(&d), Tags: each(tags, tagToWire)}, nil
}

// DescribeTaskDefinition describes a revision in whatever status, or the
// newest active one of a family.
func (h *Handlers) DescribeTaskDefinition(ctx context.Context, in *DescribeTaskDefinitionInput) (*DescribeTaskDefinitionOutput, error) {
	ref, err := ecs.ParseDefinitionRef(scope(ctx), wire.Val(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	d, ok := ref.Find(r, scope(ctx))
	if !ok {
		return nil, ecs.ClientException("Unable to describe task definition.")
	}
	out := &DescribeTaskDefinitionOutput{TaskDefinition: definitionToWire(d)}
	if slices.Contains(in.Include, "TAGS") {
		out.Tags = listed(ecs.TagsOf(r, d.ARN), tagToWire)
	}
	return out, nil
}

// DeregisterTaskDefinition makes a revision INACTIVE: what runs goes on, and
// nothing new starts from it.
func (h *Handlers) DeregisterTaskDefinition(ctx context.Context, in *DeregisterTaskDefinitionInput) (*DeregisterTaskDefinitionOutput, error) {
	ref, err := ecs.ParseDefinitionRef(scope(ctx), wire.Val(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	if ref.Revision == 0 {
		return nil, ecs.ClientException("Revision is missing: '%s' names no revision.", wire.Val(in.TaskDefinition))
	}
	now := h.Clock.Now()
	var d ecs.TaskDefinition
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		old, ok := ref.Find(tx, scope(ctx))
		if !ok || old.Status == ecs.DefinitionDeleteInProgress {
			return ecs.ClientException("The specified task definition does not exist.")
		}
		d = *old
		if d.Status == ecs.DefinitionActive {
			d.Status, d.DeregisteredAt = ecs.DefinitionInactive, now
			ecs.TaskDefinitions.Put(tx, d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &DeregisterTaskDefinitionOutput{TaskDefinition: definitionToWire(&d)}, nil
}
