package ecsapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// TagResource gives tags to a cluster, service, task definition or task.
func (h *Handlers) TagResource(ctx context.Context, in *TagResourceInput) (*TagResourceOutput, error) {
	tags := each(in.Tags, tagFromWire)
	if err := ecs.CheckTags(tags); err != nil {
		return nil, err
	}
	arn := wire.Val(in.ResourceArn)
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		if err := findTaggable(tx, scope(ctx), arn); err != nil {
			return err
		}
		return ecs.PutTags(tx, arn, tags)
	})
	if err != nil {
		return nil, err
	}
	return &TagResourceOutput{}, nil
}

// UntagResource takes tags from a cluster, service, task definition or task.
func (h *Handlers) UntagResource(ctx context.Context, in *UntagResourceInput) (*UntagResourceOutput, error) {
	if err := ecs.CheckTagKeys(in.TagKeys); err != nil {
		return nil, err
	}
	arn := wire.Val(in.ResourceArn)
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		if err := findTaggable(tx, scope(ctx), arn); err != nil {
			return err
		}
		ecs.RemoveTags(tx, arn, in.TagKeys)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &UntagResourceOutput{}, nil
}

// ListTagsForResource lists the tags of a cluster, service, task definition or task.
func (h *Handlers) ListTagsForResource(ctx context.Context, in *ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	r, arn := h.Store.Snapshot(), wire.Val(in.ResourceArn)
	if err := findTaggable(r, scope(ctx), arn); err != nil {
		return nil, err
	}
	return &ListTagsForResourceOutput{Tags: listed(ecs.TagsOf(r, arn), tagToWire)}, nil
}

// findTaggable refuses an ARN that names nothing of this account and region
// that can have tags.
func findTaggable(r store.Reader, s aws.Scope, arn string) error {
	a, err := aws.ParseARN(arn)
	if err != nil || a.Service != "ecs" {
		return ecs.InvalidParameter("Invalid identifier: '%s' is not the ARN of an ECS resource.", arn)
	}
	if a.Account != s.Account || a.Region != s.Region {
		return ecs.ResourceNotFound(arn)
	}
	found := false
	switch a.Type() {
	case "cluster":
		c, ok := ecs.Clusters.Get(r, arn)
		if !ok || c.Status != ecs.ClusterActive {
			return ecs.ClusterNotFound()
		}
		found = true
	case "task-definition":
		_, found = ecs.TaskDefinitions.Get(r, arn)
	case "task":
		_, found = ecs.Tasks.Get(r, arn)
	case "service":
		s, ok := ecs.Services.Get(r, arn)
		found = ok && s.DeletedAt.IsZero()
	case "task-set":
		_, found = ecs.TaskSets.Get(r, arn)
	case "container-instance", "capacity-provider":
		// Nothing of the kind exists here.
	default:
		return ecs.InvalidParameter("Invalid identifier: resources of type '%s' cannot be tagged.", a.Type())
	}
	if !found {
		return ecs.ResourceNotFound(arn)
	}
	return nil
}

func tagFromWire(t Tag) ecs.Tag { return ecs.Tag{Key: wire.Val(t.Key), Value: wire.Val(t.Value)} }

func tagToWire(t ecs.Tag) Tag { return Tag{Key: &t.Key, Value: &t.Value} }
