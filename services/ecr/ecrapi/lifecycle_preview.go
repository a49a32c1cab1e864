package ecrapi

import (
	"context"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// previewComplete is the status of every preview: it is made at once.
var previewComplete = wire.Ptr("COMPLETE")

// StartLifecyclePolicyPreview implements API: it tries a policy, or the one that
// the repository has, and keeps what it would do.
func (h *Handlers) StartLifecyclePolicyPreview(ctx context.Context, in *StartLifecyclePolicyPreviewInput) (*StartLifecyclePolicyPreviewOutput, error) {
	now := h.Clock.Now()
	out := &StartLifecyclePolicyPreviewOutput{}
	return out, h.change(ctx, target{"StartLifecyclePolicyPreview", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		text := in.LifecyclePolicyText
		if text == nil {
			policy, _, err := lifecycleOf(tx, repo)
			if err != nil {
				return err
			}
			text = &policy.Text
		}
		policy, err := ecr.ParseLifecycle(*text)
		if err != nil {
			return err
		}
		images := slices.Collect(ecr.ImagesIn(tx, repo.ARN))
		ecr.LifecyclePreviews.Put(tx, ecr.LifecyclePreview{Repository: repo.ARN, Text: *text, Expiries: policy.Plan(images, now)})
		*out = StartLifecyclePolicyPreviewOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, LifecyclePolicyText: text, Status: previewComplete}
		return nil
	})
}

// GetLifecyclePolicyPreview implements API: the images that would expire, by digest.
func (h *Handlers) GetLifecyclePolicyPreview(ctx context.Context, in *GetLifecyclePolicyPreviewInput) (*GetLifecyclePolicyPreviewOutput, error) {
	r, repo, err := h.open(ctx, target{"GetLifecyclePolicyPreview", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	if in.ImageIds != nil && (in.NextToken != nil || in.MaxResults != nil) {
		return nil, ecr.ErrInvalidParameter("Invalid parameter at 'imageIds' failed to satisfy constraint: 'must not be specified together with maxResults or nextToken'")
	}
	preview, ok := ecr.LifecyclePreviews.Get(r, repo.ARN)
	if !ok {
		return nil, ecr.ErrLifecyclePreviewNotFound(repo)
	}
	tagged := ""
	if in.Filter != nil {
		tagged = wire.Val(in.Filter.TagStatus)
	}
	rows := []LifecyclePolicyPreviewResult{}
	for _, e := range preview.Expiries {
		if passes(e.Image, tagged, "") && named(e.Image, in.ImageIds) {
			rows = append(rows, previewResult(e))
		}
	}
	slices.SortFunc(rows, func(a, b LifecyclePolicyPreviewResult) int { return strings.Compare(*a.ImageDigest, *b.ImageDigest) })
	rows, next, err := cut("GetLifecyclePolicyPreview", in.NextToken, in.MaxResults, rows, func(r LifecyclePolicyPreviewResult) string { return *r.ImageDigest })
	return &GetLifecyclePolicyPreviewOutput{
		RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, LifecyclePolicyText: &preview.Text, Status: previewComplete,
		PreviewResults: rows, NextToken: next, Summary: &LifecyclePolicyPreviewSummary{ExpiringImageTotalCount: wire.Ptr(int32(len(preview.Expiries)))},
	}, err
}

// named says whether one of the identifiers, if there are any, names an image.
func named(i *ecr.Image, ids []ImageIdentifier) bool {
	return ids == nil || slices.ContainsFunc(ids, func(id ImageIdentifier) bool {
		return (id.ImageDigest == nil || *id.ImageDigest == i.Digest) && (id.ImageTag == nil || slices.Contains(i.Tags, *id.ImageTag))
	})
}

func previewResult(e ecr.Expiry) LifecyclePolicyPreviewResult {
	return LifecyclePolicyPreviewResult{
		ImageDigest: &e.Image.Digest, ImageTags: e.Image.Tags, ImagePushedAt: &e.Image.PushedAt, StorageClass: wire.Ptr("STANDARD"),
		Action: &LifecyclePolicyRuleAction{Type: wire.Ptr("EXPIRE")}, AppliedRulePriority: wire.Ptr(int32(e.Priority)),
	}
}
