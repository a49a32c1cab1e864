package ecrctl

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// repository is one repository as the registry sees it.
type repository struct {
	*Directory
	row *ecr.Repository
}

// ID implements registry.Repository.
func (r repository) ID() string { return r.row.ARN }

// HasBlob implements registry.Repository.
func (r repository) HasBlob(_ context.Context, blob digest.Digest) (bool, error) {
	_, ok := ecr.FindLayer(r.Store.Snapshot(), r.row.ARN, blob.String())
	return ok, nil
}

// AddBlob implements registry.Repository.
func (r repository) AddBlob(ctx context.Context, blob ocispec.Descriptor) error {
	layer := ecr.Layer{Digest: blob.Digest.String(), Size: blob.Size, UploadedAt: r.Clock.Now()}
	return refusal(r.Store.Update(ctx, func(tx *store.Txn) error { return ecr.PutLayer(tx, r.row, layer) }))
}

// find finds an image by tag or digest.
func (r repository) find(s store.Reader, reference string) (*ecr.Image, error) {
	if d, err := digest.Parse(reference); err == nil {
		if image, ok := ecr.ImageByDigest(s, r.row.ARN, d.String()); ok {
			return image, nil
		}
		return nil, ecr.ErrImageNotFound(r.row, reference, "")
	}
	if image, ok := ecr.ImageByTag(s, r.row.ARN, reference); ok {
		return image, nil
	}
	return nil, ecr.ErrImageNotFound(r.row, "", reference)
}

// Manifest implements registry.Repository.
func (r repository) Manifest(_ context.Context, reference string) (ocispec.Descriptor, error) {
	image, err := r.find(r.Store.Snapshot(), reference)
	if err != nil {
		return ocispec.Descriptor{}, refusal(err)
	}
	return descriptor(image), nil
}

func descriptor(i *ecr.Image) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: i.MediaType, Digest: digest.Digest(i.Digest), Size: i.ManifestSize}
}

// PutManifest implements registry.Repository.
func (r repository) PutManifest(ctx context.Context, m registry.Manifest, tag string) (registry.Put, error) {
	manifest, err := ecr.ParseManifest(m.MediaType, m.Raw)
	if err != nil {
		return registry.Put{}, refusal(err)
	}
	now := r.Clock.Now()
	err = r.Store.Update(ctx, func(tx *store.Txn) error {
		_, err := ecr.PutImage(tx, r.row, manifest, tag, now)
		return err
	})
	return registry.Put{Subject: digest.Digest(manifest.Subject)}, refusal(err)
}

// DeleteManifest implements registry.Repository.
func (r repository) DeleteManifest(ctx context.Context, reference string) error {
	return refusal(r.Store.Update(ctx, func(tx *store.Txn) error {
		image, err := r.find(tx, reference)
		if err != nil {
			return err
		}
		if slices.Contains(image.Tags, reference) {
			ecr.DeleteTag(tx, image, reference)
			return nil
		}
		if parents := ecr.Parents(tx, image); len(parents) > 0 {
			return ecr.ErrInvalidParameter("The image is part of %s", parents[0])
		}
		ecr.DeleteImage(tx, image)
		return nil
	}))
}

// Tags implements registry.Repository.
func (r repository) Tags(context.Context) ([]string, error) {
	var tags []string
	for image := range ecr.ImagesIn(r.Store.Snapshot(), r.row.ARN) {
		tags = append(tags, image.Tags...)
	}
	slices.Sort(tags)
	return tags, nil
}

// Referrers implements registry.Repository.
func (r repository) Referrers(_ context.Context, subject digest.Digest) ([]ocispec.Descriptor, error) {
	var list []ocispec.Descriptor
	for _, image := range ecr.Referrers(r.Store.Snapshot(), r.row.ARN, subject.String()) {
		d := descriptor(image)
		d.ArtifactType, d.Annotations = image.ArtifactType, image.Annotations
		list = append(list, d)
	}
	return list, nil
}

// refusals are the registry's words for ECR's codes.
var refusals = map[string]struct {
	status int
	code   string
}{
	ecr.CodeRepositoryNotFound:       {http.StatusNotFound, "NAME_UNKNOWN"},
	ecr.CodeAccessDenied:             {http.StatusForbidden, "DENIED"},
	ecr.CodeImageNotFound:            {http.StatusNotFound, "MANIFEST_UNKNOWN"},
	ecr.CodeImageTagExists:           {http.StatusBadRequest, "TAG_INVALID"},
	ecr.CodeLayersNotFound:           {http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN"},
	ecr.CodeReferencedImagesNotFound: {http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN"},
	ecr.CodeInvalidParameter:         {http.StatusBadRequest, "MANIFEST_INVALID"},
}

// refusal says an error of ECR's in the registry's words.
func refusal(err error) error {
	var e *aws.Error
	if !errors.As(err, &e) {
		return err
	}
	if r, ok := refusals[e.Code]; ok {
		return registry.Refuse(r.status, r.code, "%s", e.Message)
	}
	return err
}
