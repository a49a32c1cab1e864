package registry

import (
	"context"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Directory says who may use which repositories and knows what is in them.
// Its methods and those of what it returns give errors as *Error where the
// client shall see them; any other is answered with UNKNOWN and logged.
type Directory interface {
	// Login opens the namespace that credentials stand for, at the host name
	// (without port) that the client used. It fails with Unauthorized.
	Login(ctx context.Context, host, user, password string) (Namespace, error)
	// Referenced returns every digest that a repository needs.
	Referenced(ctx context.Context) (map[digest.Digest]bool, error)
}

// Namespace is the repositories that a caller sees.
type Namespace interface {
	// Repository finds one by its name, or fails with NameUnknown, or with
	// Denied if the caller may not have that access.
	Repository(ctx context.Context, name string, access Access) (Repository, error)
}

// Access is what a request does with a repository.
type Access int

// The kinds of access.
const (
	// PullManifest reads a manifest or what refers to it, PullBlob a blob;
	// CheckBlob asks whether a blob is there.
	PullManifest Access = iota
	PullBlob
	CheckBlob
	// StartUpload, UploadPart and FinishUpload push a blob, PushManifest a manifest.
	StartUpload
	UploadPart
	FinishUpload
	PushManifest
	// Delete removes a tag or manifest.
	Delete
	// ListTags lists tags.
	ListTags
)

// Repository knows the blobs, manifests and tags of one repository.
type Repository interface {
	// ID is unique among all repositories of the Directory.
	ID() string
	// HasBlob says whether a blob was pushed to or mounted into the repository.
	HasBlob(ctx context.Context, blob digest.Digest) (bool, error)
	// AddBlob records a blob whose content is here.
	AddBlob(ctx context.Context, blob ocispec.Descriptor) error
	// Manifest finds a manifest by tag or digest, or fails with ManifestUnknown.
	Manifest(ctx context.Context, reference string) (ocispec.Descriptor, error)
	// PutManifest records a manifest, under a tag if that isn't empty, after
	// checking that all it refers to is in the repository.
	PutManifest(ctx context.Context, m Manifest, tag string) (Put, error)
	// DeleteManifest removes a tag, or a manifest with all its tags.
	DeleteManifest(ctx context.Context, reference string) error
	// Tags lists the tags in order.
	Tags(ctx context.Context) ([]string, error)
	// Referrers lists the manifests whose subject is the given one.
	Referrers(ctx context.Context, subject digest.Digest) ([]ocispec.Descriptor, error)
}

// Manifest is a manifest as it was pushed.
type Manifest struct {
	// MediaType is the Content-Type that it was pushed with, maybe empty.
	MediaType string
	Digest    digest.Digest
	Raw       []byte
}

// Put is what came of pushing a manifest.
type Put struct {
	// Subject is the digest of the manifest that it refers to, if any.
	Subject digest.Digest
}

// Content is where bytes lie. A blob that was written stays until Retain
// leaves it out.
type Content interface {
	content.Provider
	content.InfoProvider
	content.IngestManager
	content.Ingester
	// Retain lets go of every blob that keep doesn't want.
	Retain(ctx context.Context, keep func(digest.Digest) bool) error
}
