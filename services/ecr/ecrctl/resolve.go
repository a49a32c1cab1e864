package ecrctl

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecr"
)

// Resolver finds the images of task definitions in the registry.
type Resolver struct {
	*Directory
	// Local is the registry's address on this machine, host:port.
	Local string
}

// Resolve finds an image that is in the registry, for the account and region
// that aws.WithCaller has put into the context; ok is false for an image of
// another registry. It fails with errdefs.ErrNotFound and ErrPermissionDenied:
// as long as repositories have no policies, they are their own account's alone.
func (r *Resolver) Resolve(ctx context.Context, reference string) (_ ocispec.Descriptor, ok bool, _ error) {
	var none ocispec.Descriptor
	ref, ok := ecr.ParseReference(reference, r.Local)
	if !ok {
		return none, false, nil
	}
	caller, known := aws.FindCaller(ctx)
	if ref.Scope.Account == "" {
		ref.Scope = caller.Scope()
	}
	if !known || ref.Scope.Account != caller.Account {
		return none, true, fmt.Errorf("pull access denied: the repository '%s' belongs to another account: %w", ref.Repository, errdefs.ErrPermissionDenied)
	}
	s := r.Store.Snapshot()
	repo, err := ecr.FindRepository(s, ref.Scope, ref.Repository)
	if err != nil {
		return none, true, fmt.Errorf("%s: %w", err.Error(), errdefs.ErrNotFound)
	}
	wanted := ref.Tag
	if ref.Digest != "" {
		wanted = ref.Digest
	}
	image, err := repository{r.Directory, repo}.find(s, wanted)
	if err != nil {
		return none, true, fmt.Errorf("%s: not found: %w", reference, errdefs.ErrNotFound)
	}
	return descriptor(image), true, nil
}
