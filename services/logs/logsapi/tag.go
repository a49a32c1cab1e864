package logsapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// TagResource implements API.
func (h *Handlers) TagResource(ctx context.Context, in *TagResourceInput) (*TagResourceOutput, error) {
	return &TagResourceOutput{}, h.retag(ctx, wire.Val(in.ResourceArn), func(g *logs.Group) error { return g.Tag(in.Tags) })
}

// UntagResource implements API.
func (h *Handlers) UntagResource(ctx context.Context, in *UntagResourceInput) (*UntagResourceOutput, error) {
	return &UntagResourceOutput{}, h.retag(ctx, wire.Val(in.ResourceArn), func(g *logs.Group) error { g.Untag(in.TagKeys); return nil })
}

// ListTagsForResource implements API.
func (h *Handlers) ListTagsForResource(ctx context.Context, in *ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	tags, err := h.tags(ctx, wire.Val(in.ResourceArn))
	return &ListTagsForResourceOutput{Tags: tags}, err
}

// TagLogGroup implements API, as it was before TagResource.
func (h *Handlers) TagLogGroup(ctx context.Context, in *TagLogGroupInput) (*TagLogGroupOutput, error) {
	return &TagLogGroupOutput{}, h.retag(ctx, wire.Val(in.LogGroupName), func(g *logs.Group) error { return g.Tag(in.Tags) })
}

// UntagLogGroup implements API, as it was before UntagResource.
func (h *Handlers) UntagLogGroup(ctx context.Context, in *UntagLogGroupInput) (*UntagLogGroupOutput, error) {
	return &UntagLogGroupOutput{}, h.retag(ctx, wire.Val(in.LogGroupName), func(g *logs.Group) error { g.Untag(in.Tags); return nil })
}

// ListTagsLogGroup implements API, as it was before ListTagsForResource.
func (h *Handlers) ListTagsLogGroup(ctx context.Context, in *ListTagsLogGroupInput) (*ListTagsLogGroupOutput, error) {
	tags, err := h.tags(ctx, wire.Val(in.LogGroupName))
	return &ListTagsLogGroupOutput{Tags: tags}, err
}

// retag changes the tags of a group that is given by name or ARN.
func (h *Handlers) retag(ctx context.Context, identifier string, change func(*logs.Group) error) error {
	return h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		name, err := logs.ParseGroup(s, identifier)
		if err != nil {
			return err
		}
		return logs.ChangeGroup(tx, s, name, change)
	})
}

func (h *Handlers) tags(ctx context.Context, identifier string) (map[string]string, error) {
	r, scope := h.open(ctx)
	g, err := group(r, scope, nil, &identifier)
	if err != nil {
		return nil, err
	}
	if g.Tags == nil {
		return map[string]string{}, nil
	}
	return g.Tags, nil
}
