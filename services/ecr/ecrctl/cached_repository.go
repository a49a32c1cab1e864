package ecrctl

import (
	"context"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/dataplane/registry"
)

// cachedRepository is a repository of a pull-through rule, as those who pull see
// it. It may not be there before its first manifest is.
type cachedRepository struct {
	repository
	cache *Cache
	place place
	from  source
}

var _ registry.Repository = cachedRepository{}

// ID implements registry.Repository.
func (r cachedRepository) ID() string { return r.place.arn() }

// Manifest implements registry.Repository: it fetches what isn't here.
func (r cachedRepository) Manifest(ctx context.Context, reference string) (ocispec.Descriptor, error) {
	if err := r.cache.manifest(ctx, r.place, r.from, reference); err != nil {
		return ocispec.Descriptor{}, err
	}
	return r.repository.Manifest(ctx, reference)
}

// HasBlob implements registry.Repository: it fetches what isn't here.
func (r cachedRepository) HasBlob(ctx context.Context, blob digest.Digest) (bool, error) {
	if err := r.cache.blob(ctx, r.place, r.from, blob); err != nil {
		return false, err
	}
	return r.repository.HasBlob(ctx, blob)
}
