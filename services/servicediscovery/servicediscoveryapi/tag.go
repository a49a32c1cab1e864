package servicediscoveryapi

import (
	"context"
	"maps"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// tagged are a resource's tags with those of a request added.
func tagged(arn string, have map[string]string, more []Tag) (map[string]string, error) {
	added := map[string]string{}
	for _, t := range more {
		if _, ok := added[wire.Val(t.Key)]; ok {
			return nil, servicediscovery.ErrInvalidInput("The tag key %s is specified more than once.", wire.Val(t.Key))
		}
		added[wire.Val(t.Key)] = wire.Val(t.Value)
	}
	return servicediscovery.Tagged(arn, have, added)
}

func (h *Handlers) changeTags(ctx context.Context, arn *string, fn func(map[string]string) (map[string]string, error)) error {
	return h.Store.Update(ctx, func(tx *store.Txn) error {
		tags, err := servicediscovery.TagsOf(tx, scopeOf(ctx), wire.Val(arn))
		if err != nil {
			return err
		}
		if tags, err = fn(tags); err != nil {
			return err
		}
		return servicediscovery.SetTags(tx, scopeOf(ctx), *arn, tags)
	})
}

// TagResource implements API.
func (h *Handlers) TagResource(ctx context.Context, in *TagResourceInput) (*TagResourceOutput, error) {
	return &TagResourceOutput{}, h.changeTags(ctx, in.ResourceARN, func(have map[string]string) (map[string]string, error) {
		return tagged(*in.ResourceARN, have, in.Tags)
	})
}

// UntagResource implements API.
func (h *Handlers) UntagResource(ctx context.Context, in *UntagResourceInput) (*UntagResourceOutput, error) {
	return &UntagResourceOutput{}, h.changeTags(ctx, in.ResourceARN, func(have map[string]string) (map[string]string, error) {
		left := maps.Clone(have)
		for _, k := range in.TagKeys {
			delete(left, k)
		}
		return left, nil
	})
}

// ListTagsForResource implements API.
func (h *Handlers) ListTagsForResource(ctx context.Context, in *ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	tags, err := servicediscovery.TagsOf(h.Store.Snapshot(), scopeOf(ctx), wire.Val(in.ResourceARN))
	if err != nil {
		return nil, err
	}
	out := &ListTagsForResourceOutput{Tags: []Tag{}}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out.Tags = append(out.Tags, Tag{Key: wire.Ptr(k), Value: wire.Ptr(tags[k])})
	}
	return out, nil
}
