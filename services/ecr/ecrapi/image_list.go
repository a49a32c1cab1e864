package ecrapi

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

// ListImages implements API: a row for each tag, and one for an image without.
func (h *Handlers) ListImages(ctx context.Context, in *ListImagesInput) (*ListImagesOutput, error) {
	r, repo, err := h.open(ctx, target{"ListImages", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	tagged, active := "ANY", "ACTIVE"
	if in.Filter != nil {
		tagged, active = wire.Val(in.Filter.TagStatus), wire.Val(in.Filter.ImageStatus)
	}
	rows := []ImageIdentifier{}
	for image := range ecr.ImagesIn(r, repo.ARN) {
		if passes(image, tagged, active) {
			rows = append(rows, identifiers(image)...)
		}
	}
	rows, next, err := cut("ListImages", in.NextToken, in.MaxResults, rows, func(i ImageIdentifier) string {
		return *i.ImageDigest + ":" + wire.Val(i.ImageTag)
	})
	return &ListImagesOutput{ImageIds: rows, NextToken: next}, err
}

// passes says whether an image passes filters, which are empty if not given.
// Images are never archived.
func passes(i *ecr.Image, tagged, status string) bool {
	switch {
	case status == "ARCHIVED" || status == "ACTIVATING":
		return false
	case tagged == "TAGGED":
		return len(i.Tags) > 0
	case tagged == "UNTAGGED":
		return len(i.Tags) == 0
	}
	return true
}

// DescribeImages implements API.
func (h *Handlers) DescribeImages(ctx context.Context, in *DescribeImagesInput) (*DescribeImagesOutput, error) {
	r, repo, err := h.open(ctx, target{"DescribeImages", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	if in.ImageIds != nil && (in.NextToken != nil || in.MaxResults != nil || in.Filter != nil) {
		return nil, ecr.ErrInvalidParameter("Invalid parameter at 'imageIds' failed to satisfy constraint: 'must not be specified together with maxResults, nextToken or filter'")
	}
	rows := []ImageDetail{}
	for _, id := range in.ImageIds {
		image, failure := lookup(r, repo, id)
		switch failure {
		case "":
			rows = append(rows, detail(repo, image))
		case failNeither, failDigest:
			return nil, ecr.ErrInvalidParameter("%s", failureReasons[failure])
		default:
			return nil, ecr.ErrImageNotFound(repo, wire.Val(id.ImageDigest), wire.Val(id.ImageTag))
		}
	}
	if in.ImageIds != nil {
		return &DescribeImagesOutput{ImageDetails: rows}, nil
	}
	tagged, active := "ANY", "ACTIVE"
	if in.Filter != nil {
		tagged, active = wire.Val(in.Filter.TagStatus), wire.Val(in.Filter.ImageStatus)
	}
	for image := range ecr.ImagesIn(r, repo.ARN) {
		if passes(image, tagged, active) {
			rows = append(rows, detail(repo, image))
		}
	}
	rows, next, err := cut("DescribeImages", in.NextToken, in.MaxResults, rows, func(d ImageDetail) string { return *d.ImageDigest })
	return &DescribeImagesOutput{ImageDetails: rows, NextToken: next}, err
}

func detail(repo *ecr.Repository, i *ecr.Image) ImageDetail {
	return ImageDetail{
		RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, ImageDigest: &i.Digest, ImageTags: i.Tags,
		ImageSizeInBytes: wire.Optional(i.Size), ImagePushedAt: &i.PushedAt, ImageManifestMediaType: &i.MediaType,
		ArtifactMediaType: wire.Optional(i.ArtifactType), SubjectManifestDigest: wire.Optional(i.Subject), ImageStatus: wire.Ptr("ACTIVE"),
	}
}
