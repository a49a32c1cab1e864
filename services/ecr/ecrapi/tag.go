package ecrapi

import (
	"context"
	"maps"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// TagResource implements API.
func (h *Handlers) TagResource(ctx context.Context, in *TagResourceInput) (*TagResourceOutput, error) {
	tags := tagsFromWire(in.Tags)
	if err := ecr.CheckTags(tags); err != nil {
		return nil, err
	}
	return &TagResourceOutput{}, h.Store.Update(ctx, func(tx *store.Txn) error {
		repo, err := findByARN(ctx, tx, "TagResource", *in.ResourceArn)
		if err != nil {
			return err
		}
		return ecr.PutTags(tx, repo, tags)
	})
}

// UntagResource implements API.
func (h *Handlers) UntagResource(ctx context.Context, in *UntagResourceInput) (*UntagResourceOutput, error) {
	return &UntagResourceOutput{}, h.Store.Update(ctx, func(tx *store.Txn) error {
		repo, err := findByARN(ctx, tx, "UntagResource", *in.ResourceArn)
		if err != nil {
			return err
		}
		ecr.RemoveTags(tx, repo, in.TagKeys)
		return nil
	})
}

// ListTagsForResource implements API.
func (h *Handlers) ListTagsForResource(ctx context.Context, in *ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	repo, err := findByARN(ctx, h.Store.Snapshot(), "ListTagsForResource", *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := []Tag{}
	for _, k := range slices.Sorted(maps.Keys(repo.Tags)) {
		tags = append(tags, Tag{Key: &k, Value: wire.Ptr(repo.Tags[k])})
	}
	return &ListTagsForResourceOutput{Tags: tags}, nil
}

// findByARN finds a repository of the caller's region.
func findByARN(ctx context.Context, r store.Reader, operation, arn string) (*ecr.Repository, error) {
	a, err := aws.ParseARN(arn)
	if err != nil || a.Service != "ecr" || a.Type() != "repository" {
		return nil, ecr.ErrInvalidParameter("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'")
	}
	if a.Region != aws.CallerFrom(ctx).Region {
		return nil, ecr.ErrRepositoryNotFound(aws.Scope{Account: a.Account, Region: a.Region}, a.ID())
	}
	name := a.ID()
	return target{operation, &a.Account, &name}.find(ctx, r)
}

func tagsFromWire(tags []Tag) map[string]string {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		out[wire.Val(t.Key)] = wire.Val(t.Value)
	}
	return out
}
