package logsapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

const standardClass = "STANDARD"

// CreateLogGroup implements API.
func (h *Handlers) CreateLogGroup(ctx context.Context, in *CreateLogGroupInput) (*CreateLogGroupOutput, error) {
	switch class := wire.Val(in.LogGroupClass); {
	case in.KmsKeyId != nil:
		return nil, unsupported("kmsKeyId")
	case class != "" && class != standardClass:
		return nil, logs.InvalidParameter("The log group class %s is not supported by Kaimon.", class)
	}
	id, err := h.newID()
	if err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	return &CreateLogGroupOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		return logs.CreateGroup(tx, logs.Group{
			Scope: s, Name: wire.Val(in.LogGroupName), ID: id, CreatedAt: now,
			Protected: wire.Val(in.DeletionProtectionEnabled), Tags: in.Tags,
		})
	})
}

// DeleteLogGroup implements API.
func (h *Handlers) DeleteLogGroup(ctx context.Context, in *DeleteLogGroupInput) (*DeleteLogGroupOutput, error) {
	return &DeleteLogGroupOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		return logs.DeleteGroup(tx, s, wire.Val(in.LogGroupName))
	})
}

// PutLogGroupDeletionProtection implements API.
func (h *Handlers) PutLogGroupDeletionProtection(ctx context.Context, in *PutLogGroupDeletionProtectionInput) (*PutLogGroupDeletionProtectionOutput, error) {
	return &PutLogGroupDeletionProtectionOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		name, err := logs.ParseGroup(s, wire.Val(in.LogGroupIdentifier))
		if err != nil {
			return err
		}
		return logs.ChangeGroup(tx, s, name, func(g *logs.Group) error {
			g.Protected = wire.Val(in.DeletionProtectionEnabled)
			return nil
		})
	})
}

// PutRetentionPolicy implements API.
func (h *Handlers) PutRetentionPolicy(ctx context.Context, in *PutRetentionPolicyInput) (*PutRetentionPolicyOutput, error) {
	days := int(wire.Val(in.RetentionInDays))
	if err := logs.CheckRetention(days); err != nil {
		return nil, err
	}
	return &PutRetentionPolicyOutput{}, h.retain(ctx, wire.Val(in.LogGroupName), days)
}

// DeleteRetentionPolicy implements API.
func (h *Handlers) DeleteRetentionPolicy(ctx context.Context, in *DeleteRetentionPolicyInput) (*DeleteRetentionPolicyOutput, error) {
	return &DeleteRetentionPolicyOutput{}, h.retain(ctx, wire.Val(in.LogGroupName), 0)
}

func (h *Handlers) retain(ctx context.Context, name string, days int) error {
	return h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		return logs.ChangeGroup(tx, s, name, func(g *logs.Group) error {
			g.RetentionDays = days
			return nil
		})
	})
}
