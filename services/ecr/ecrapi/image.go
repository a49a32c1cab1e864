package ecrapi

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// PutImage implements API: it adds a manifest, whose layers were pushed before,
// or another tag to one that is there.
func (h *Handlers) PutImage(ctx context.Context, in *PutImageInput) (*PutImageOutput, error) {
	raw, tag := []byte(*in.ImageManifest), wire.Val(in.ImageTag)
	manifest, err := ecr.ParseManifest(wire.Val(in.ImageManifestMediaType), raw)
	if err != nil {
		return nil, err
	}
	if in.ImageDigest != nil && *in.ImageDigest != manifest.Digest {
		return nil, ecr.ErrDigestMismatch()
	}
	now := h.Clock.Now()
	out := &PutImageOutput{}
	err = h.Content.Keep(ctx, raw, func() error {
		return h.change(ctx, target{"PutImage", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
			have, ok := ecr.ImageByDigest(tx, repo.ARN, manifest.Digest)
			if ok && (tag == "" || slices.Contains(have.Tags, tag)) && !(tag != "" && repo.Fixed(tag)) {
				return ecr.ErrImageExists(repo, manifest.Digest, tag)
			}
			if _, err := ecr.PutImage(tx, repo, manifest, tag, now); err != nil {
				return err
			}
			out.Image = image(repo, manifest.Digest, tag, raw, manifest.MediaType)
			return nil
		})
	})
	return out, err
}

// BatchGetImage implements API. What a pull-through rule names is fetched.
func (h *Handlers) BatchGetImage(ctx context.Context, in *BatchGetImageInput) (*BatchGetImageOutput, error) {
	about := target{"BatchGetImage", in.RegistryId, in.RepositoryName}
	err := h.fetch(ctx, about, func(s aws.Scope, repository string) error {
		for _, id := range in.ImageIds {
			reference := cmp.Or(wire.Val(id.ImageTag), wire.Val(id.ImageDigest))
			if reference == "" {
				continue
			}
			if err := h.Upstream.FetchImage(ctx, s, repository, reference); err != nil {
				return ecr.ErrUpstreamImage(s, repository, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r, repo, err := h.open(ctx, about)
	if err != nil {
		return nil, err
	}
	out := &BatchGetImageOutput{Images: []Image{}, Failures: []ImageFailure{}}
	for _, id := range in.ImageIds {
		found, failure := lookup(r, repo, id)
		if failure != "" {
			out.Failures = append(out.Failures, failed(id, failure))
			continue
		}
		if in.AcceptedMediaTypes != nil && !slices.Contains(in.AcceptedMediaTypes, found.MediaType) {
			return nil, ecr.ErrInvalidParameter("The image with digest '%s' is of media type %s, which is not accepted; images are not converted", found.Digest, found.MediaType)
		}
		raw, err := h.Content.Read(ctx, found.Digest)
		if err != nil {
			return nil, err
		}
		out.Images = append(out.Images, *image(repo, found.Digest, wire.Val(id.ImageTag), raw, found.MediaType))
	}
	return out, nil
}

func image(repo *ecr.Repository, digest, tag string, raw []byte, mediaType string) *Image {
	return &Image{
		RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, ImageId: &ImageIdentifier{ImageDigest: &digest, ImageTag: wire.Optional(tag)},
		ImageManifest: wire.Ptr(string(raw)), ImageManifestMediaType: &mediaType,
	}
}

// BatchDeleteImage implements API. A tag is taken off, and the image goes with
// its last one; a digest removes the image with all its tags.
func (h *Handlers) BatchDeleteImage(ctx context.Context, in *BatchDeleteImageInput) (*BatchDeleteImageOutput, error) {
	out := &BatchDeleteImageOutput{}
	return out, h.change(ctx, target{"BatchDeleteImage", in.RegistryId, in.RepositoryName}, func(tx *store.Txn, repo *ecr.Repository) error {
		out.ImageIds, out.Failures = []ImageIdentifier{}, []ImageFailure{}
		// Indexes first: their parts may be named in the same request.
		ids := slices.Clone(in.ImageIds)
		slices.SortStableFunc(ids, func(a, b ImageIdentifier) int { return parts(tx, repo, b) - parts(tx, repo, a) })
		for _, id := range ids {
			found, failure := lookup(tx, repo, id)
			if failure != "" {
				out.Failures = append(out.Failures, failed(id, failure))
				continue
			}
			if tag := wire.Val(id.ImageTag); tag != "" {
				ecr.DeleteTag(tx, found, tag)
				out.ImageIds = append(out.ImageIds, ImageIdentifier{ImageDigest: &found.Digest, ImageTag: &tag})
				continue
			}
			if parents := ecr.Parents(tx, found); len(parents) > 0 {
				f := failed(id, failPart)
				f.FailureReason = wire.Ptr("Requested image referenced by manifest list: [" + strings.Join(parents, ", ") + "]")
				out.Failures = append(out.Failures, f)
				continue
			}
			ecr.DeleteImage(tx, found)
			out.ImageIds = append(out.ImageIds, identifiers(found)...)
		}
		return nil
	})
}

func parts(r store.Reader, repo *ecr.Repository, id ImageIdentifier) int {
	if found, failure := lookup(r, repo, id); failure == "" {
		return len(found.Manifests)
	}
	return 0
}

// identifiers lists every identifier that an image had.
func identifiers(i *ecr.Image) []ImageIdentifier {
	if len(i.Tags) == 0 {
		return []ImageIdentifier{{ImageDigest: &i.Digest}}
	}
	var all []ImageIdentifier
	for _, tag := range i.Tags {
		all = append(all, ImageIdentifier{ImageDigest: &i.Digest, ImageTag: &tag})
	}
	return all
}
