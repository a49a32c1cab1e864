package acmapi

import (
	"context"
	"maps"
	"slices"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/store"
)

// taggedWith are a certificate's tags with those of a request added.
func taggedWith(c *acm.Certificate, tags []Tag) (map[string]string, error) {
	more := map[string]string{}
	for _, t := range tags {
		more[wire.Val(t.Key)] = wire.Val(t.Value)
	}
	if len(more) < len(tags) {
		return nil, acm.ErrInvalidTag("A tag key was specified more than once.")
	}
	return c.Tagged(more)
}

func (h *Handlers) changeTags(ctx context.Context, arn *string, fn func(*acm.Certificate) (map[string]string, error)) error {
	return h.Store.Update(ctx, func(tx *store.Txn) error {
		c, err := find(ctx, tx, arn)
		if err != nil {
			return err
		}
		changed := *c
		if changed.Tags, err = fn(c); err != nil {
			return err
		}
		acm.Certificates.Put(tx, changed)
		return nil
	})
}

// AddTagsToCertificate implements API.
func (h *Handlers) AddTagsToCertificate(ctx context.Context, in *AddTagsToCertificateInput) (*AddTagsToCertificateOutput, error) {
	return &AddTagsToCertificateOutput{}, h.changeTags(ctx, in.CertificateArn, func(c *acm.Certificate) (map[string]string, error) {
		return taggedWith(c, in.Tags)
	})
}

// RemoveTagsFromCertificate implements API. A tag with a value goes only if it
// has that value.
func (h *Handlers) RemoveTagsFromCertificate(ctx context.Context, in *RemoveTagsFromCertificateInput) (*RemoveTagsFromCertificateOutput, error) {
	return &RemoveTagsFromCertificateOutput{}, h.changeTags(ctx, in.CertificateArn, func(c *acm.Certificate) (map[string]string, error) {
		left := maps.Clone(c.Tags)
		for _, t := range in.Tags {
			if v, ok := left[wire.Val(t.Key)]; ok && (t.Value == nil || *t.Value == v) {
				delete(left, wire.Val(t.Key))
			}
		}
		return left, nil
	})
}

// ListTagsForCertificate implements API.
func (h *Handlers) ListTagsForCertificate(ctx context.Context, in *ListTagsForCertificateInput) (*ListTagsForCertificateOutput, error) {
	c, err := find(ctx, h.Store.Snapshot(), in.CertificateArn)
	if err != nil {
		return nil, err
	}
	out := &ListTagsForCertificateOutput{Tags: []Tag{}}
	for _, k := range slices.Sorted(maps.Keys(c.Tags)) {
		out.Tags = append(out.Tags, Tag{Key: wire.Ptr(k), Value: wire.Ptr(c.Tags[k])})
	}
	return out, nil
}
