package ecrapi

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// Uploads takes layers in parts; the registry implements it. A repository is
// named by its ARN; an upload that it doesn't have is errdefs.ErrNotFound.
type Uploads interface {
	// StartUpload begins an upload.
	StartUpload(ctx context.Context, repository string) (id string, err error)
	// UploadState returns an upload's size and that of the smallest part but the last.
	UploadState(ctx context.Context, repository, id string) (size, smallest int64, err error)
	// AppendPart adds a part and returns the upload's size. The part must begin
	// where the upload ends: else it is errdefs.ErrOutOfRange.
	AppendPart(ctx context.Context, repository, id string, first int64, part []byte) (size int64, err error)
	// CompleteUpload makes a layer of an upload, which link records. If it has
	// another digest, that is errdefs.ErrInvalidArgument, and the upload is gone.
	CompleteUpload(ctx context.Context, repository, id, digest string, link func(size int64) error) error
}

// smallestPart is the size of a layer part that isn't the last, and what
// InitiateLayerUpload asks for: it fits a request (Amazon ECR API Reference,
// CompleteLayerUpload).
const smallestPart = 5 << 20

// InitiateLayerUpload implements API.
func (h *Handlers) InitiateLayerUpload(ctx context.Context, in *InitiateLayerUploadInput) (*InitiateLayerUploadOutput, error) {
	_, repo, err := h.open(ctx, target{"InitiateLayerUpload", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	id, err := h.Uploads.StartUpload(ctx, repo.ARN)
	return &InitiateLayerUploadOutput{UploadId: &id, PartSize: wire.Ptr(int64(smallestPart))}, err
}

// UploadLayerPart implements API.
func (h *Handlers) UploadLayerPart(ctx context.Context, in *UploadLayerPartInput) (*UploadLayerPartOutput, error) {
	_, repo, err := h.open(ctx, target{"UploadLayerPart", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	size, _, err := h.Uploads.UploadState(ctx, repo.ARN, *in.UploadId)
	if err != nil {
		return nil, ofUpload(repo, *in.UploadId, err)
	}
	if want := *in.PartLastByte - *in.PartFirstByte + 1; want != int64(len(in.LayerPartBlob)) || want <= 0 {
		return nil, ecr.ErrLayerPart(repo, *in.UploadId, size, fmt.Sprintf("it has %d bytes, not %d", len(in.LayerPartBlob), want))
	}
	size, err = h.Uploads.AppendPart(ctx, repo.ARN, *in.UploadId, *in.PartFirstByte, in.LayerPartBlob)
	if errdefs.IsOutOfRange(err) {
		return nil, ecr.ErrLayerPart(repo, *in.UploadId, size, fmt.Sprintf("its first byte is %d, but %d bytes were received", *in.PartFirstByte, size))
	}
	if err != nil {
		return nil, ofUpload(repo, *in.UploadId, err)
	}
	return &UploadLayerPartOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, UploadId: in.UploadId, LastByteReceived: wire.Ptr(size - 1)}, nil
}

// CompleteLayerUpload implements API.
func (h *Handlers) CompleteLayerUpload(ctx context.Context, in *CompleteLayerUploadInput) (*CompleteLayerUploadOutput, error) {
	r, repo, err := h.open(ctx, target{"CompleteLayerUpload", in.RegistryId, in.RepositoryName})
	if err != nil {
		return nil, err
	}
	id, digest := *in.UploadId, in.LayerDigests[0]
	size, smallest, err := h.Uploads.UploadState(ctx, repo.ARN, id)
	_, exists := ecr.FindLayer(r, repo.ARN, digest)
	switch {
	case err != nil:
		return nil, ofUpload(repo, id, err)
	case len(in.LayerDigests) > 1:
		return nil, ecr.ErrInvalidParameter("Invalid parameter at 'layerDigests' failed to satisfy constraint: 'must have one digest'")
	case size == 0:
		return nil, aws.Errorf("EmptyUploadException", "The upload with id '%s' does not contain any layer parts", id)
	case smallest < smallestPart:
		return nil, aws.Errorf("LayerPartTooSmallException", "Layer parts must be at least %d bytes in size, apart from the last; one of the upload with id '%s' has %d", smallestPart, id, smallest)
	case exists:
		return nil, ecr.ErrLayerExists(repo, digest)
	}
	now := h.Clock.Now()
	err = h.Uploads.CompleteUpload(ctx, repo.ARN, id, digest, func(size int64) error {
		return h.Store.Update(ctx, func(tx *store.Txn) error {
			return ecr.PutLayer(tx, repo, ecr.Layer{Digest: digest, Size: size, UploadedAt: now})
		})
	})
	if errdefs.IsInvalidArgument(err) {
		return nil, aws.Errorf("InvalidLayerException", "The digest of the uploaded layer is not '%s'", digest)
	}
	if err != nil {
		return nil, ofUpload(repo, id, err)
	}
	return &CompleteLayerUploadOutput{RegistryId: &repo.Scope.Account, RepositoryName: &repo.Name, UploadId: &id, LayerDigest: &digest}, nil
}

// ofUpload says that an upload isn't there in ECR's words.
func ofUpload(repo *ecr.Repository, id string, err error) error {
	if errdefs.IsNotFound(err) {
		return ecr.ErrUploadNotFound(repo, id)
	}
	return err
}
