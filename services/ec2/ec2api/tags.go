package ec2api

import (
	"context"
	"maps"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// CreateTags implements API.
func (h *Handlers) CreateTags(ctx context.Context, in *CreateTagsInput) (*CreateTagsOutput, error) {
	tags, err := nounTags(in.Tags)
	if err != nil {
		return nil, err
	}
	err = h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		for _, id := range in.Resources {
			if err := ec2.CheckTaggable(tx, s, id, tags); err != nil {
				return err
			}
			ec2.PutTags(tx, s, id, tags)
		}
		return nil
	})
	return &CreateTagsOutput{}, err
}

// DeleteTags implements API. A tag with a value is deleted only if it has that
// value; without tags, all go.
func (h *Handlers) DeleteTags(ctx context.Context, in *DeleteTagsInput) (*DeleteTagsOutput, error) {
	err := h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		for _, id := range in.Resources {
			if err := ec2.CheckTaggable(tx, s, id, nil); err != nil {
				return err
			}
			left := maps.Clone(ec2.TagsOf(tx, id))
			maps.DeleteFunc(left, func(k, v string) bool {
				return len(in.Tags) == 0 || slices.ContainsFunc(in.Tags, func(t Tag) bool {
					return wire.Val(t.Key) == k && (t.Value == nil || *t.Value == v)
				})
			})
			ec2.DeleteTags(tx, id)
			ec2.PutTags(tx, s, id, left)
		}
		return nil
	})
	return &DeleteTagsOutput{}, err
}

// taggedKey is a row of DescribeTags: one tag of one resource.
type taggedKey struct{ resource, key, value string }

var tagFilters = filterTable[taggedKey]{
	"key":           func(_ store.Reader, t *taggedKey) []string { return one(t.key) },
	"value":         func(_ store.Reader, t *taggedKey) []string { return one(t.value) },
	"resource-id":   func(_ store.Reader, t *taggedKey) []string { return one(t.resource) },
	"resource-type": func(_ store.Reader, t *taggedKey) []string { return one(ec2.ResourceType(t.resource)) },
}

// DescribeTags implements API.
func (h *Handlers) DescribeTags(ctx context.Context, in *DescribeTagsInput) (*DescribeTagsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	var all []taggedKey
	for t := range ec2.Tags.By(r, ec2.ByScope, ec2.ScopeKey(scope)) {
		for k, v := range t.Tags {
			all = append(all, taggedKey{t.Resource, k, v})
		}
	}
	rows, next, err := listing[taggedKey]{
		operation: "DescribeTags", reader: r, dryRun: in.DryRun, all: pointers(all),
		tags:    func(t *taggedKey) map[string]string { return map[string]string{t.key: t.value} },
		key:     func(t *taggedKey) string { return t.resource + "/" + t.key },
		filters: in.Filters, known: tagFilters, token: in.NextToken, max: in.MaxResults,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeTagsOutput{NextToken: next, Tags: []TagDescription{}}
	for _, t := range rows {
		out.Tags = append(out.Tags, TagDescription{
			Key: &t.key, Value: &t.value, ResourceId: &t.resource, ResourceType: wire.Ptr(ec2.ResourceType(t.resource)),
		})
	}
	return out, nil
}

// wireTags are a resource's tags in order of their keys.
func wireTags(r store.Reader, id string) []Tag {
	tags := ec2.TagsOf(r, id)
	out := []Tag{}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, Tag{Key: wire.Ptr(k), Value: wire.Ptr(tags[k])})
	}
	return out
}

// wireTagsIfAny are wireTags for the answers that leave the tags of an untagged
// resource out.
func wireTagsIfAny(r store.Reader, id string) []Tag {
	if tags := wireTags(r, id); len(tags) > 0 {
		return tags
	}
	return nil
}

// nounTags checks tags and takes them over.
func nounTags(tags []Tag) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range tags {
		k := wire.Val(t.Key)
		if err := ec2.CheckTag(k, wire.Val(t.Value)); err != nil {
			return nil, err
		}
		if _, twice := out[k]; twice {
			return nil, ec2.ErrInvalidParameter("Duplicate tag key '%s' specified.", k)
		}
		out[k] = wire.Val(t.Value)
	}
	return out, ec2.CheckTagCount(len(out))
}

// specifiedTags are the tags that a request gives to the resource that it makes.
func specifiedTags(specs []TagSpecification, resourceType string) (map[string]string, error) {
	var all []Tag
	for _, s := range specs {
		if got := wire.Val(s.ResourceType); got != resourceType {
			return nil, ec2.ErrInvalidParameter("'%s' is not a valid taggable resource type for this operation.", got)
		}
		all = append(all, s.Tags...)
	}
	return nounTags(all)
}
