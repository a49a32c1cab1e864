package elbv2api

import (
	"context"
	"maps"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// nounTags reads tags; the model bounds their texts.
func nounTags(tags []Tag) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range tags {
		k := wire.Val(t.Key)
		if _, twice := out[k]; twice {
			return nil, aws.Errorf("DuplicateTagKeys", "Tag key '%s' was specified more than once", k)
		}
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, elbv2.ErrValidation("Tag keys starting with 'aws:' are reserved for system use")
		}
		out[k] = wire.Val(t.Value)
	}
	return out, nil
}

// checkResource fails when an ARN names nothing that has tags.
func checkResource(r store.Reader, s aws.Scope, arn string) error {
	a, err := aws.ParseARN(arn)
	if err != nil {
		return elbv2.ErrValidation("'%s' is not a valid ARN", arn)
	}
	switch a.Type() {
	case "loadbalancer":
		_, err = elbv2.FindLoadBalancer(r, s, arn)
	case "targetgroup":
		_, err = elbv2.FindTargetGroup(r, s, arn)
	case "listener":
		_, err = elbv2.FindListener(r, s, arn)
	case "listener-rule":
		_, err = elbv2.FindRule(r, s, arn)
	default:
		err = elbv2.ErrValidation("'%s' is not a valid ARN", arn)
	}
	return err
}

// AddTags implements API.
func (h *Handlers) AddTags(ctx context.Context, in *AddTagsInput) (*AddTagsOutput, error) {
	tags, err := nounTags(in.Tags)
	if err != nil {
		return nil, err
	}
	return &AddTagsOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		for _, arn := range in.ResourceArns {
			if err := checkResource(tx, s, arn); err != nil {
				return err
			}
			if err := elbv2.PutTags(tx, arn, tags); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveTags implements API.
func (h *Handlers) RemoveTags(ctx context.Context, in *RemoveTagsInput) (*RemoveTagsOutput, error) {
	return &RemoveTagsOutput{}, h.change(ctx, func(tx *store.Txn, s aws.Scope) error {
		for _, arn := range in.ResourceArns {
			if err := checkResource(tx, s, arn); err != nil {
				return err
			}
			elbv2.RemoveTags(tx, arn, in.TagKeys)
		}
		return nil
	})
}

// DescribeTags implements API.
func (h *Handlers) DescribeTags(ctx context.Context, in *DescribeTagsInput) (*DescribeTagsOutput, error) {
	r, scope := h.open(ctx)
	out := &DescribeTagsOutput{TagDescriptions: []TagDescription{}}
	for _, arn := range in.ResourceArns {
		if err := checkResource(r, scope, arn); err != nil {
			return nil, err
		}
		d := TagDescription{ResourceArn: wire.Ptr(arn), Tags: []Tag{}}
		tags := elbv2.TagsOf(r, arn)
		for _, k := range slices.Sorted(maps.Keys(tags)) {
			d.Tags = append(d.Tags, Tag{Key: wire.Ptr(k), Value: wire.Ptr(tags[k])})
		}
		out.TagDescriptions = append(out.TagDescriptions, d)
	}
	return out, nil
}
