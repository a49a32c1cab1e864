package ecrctl

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/registry"
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
// another registry. It fails with errdefs.ErrNotFound, and with
// ErrPermissionDenied where the repository's policy doesn't let the account pull.
func (r *Resolver) Resolve(ctx context.Context, reference string) (_ ocispec.Descriptor, ok bool, _ error) {
	var none ocispec.Descriptor
	ref, ok := ecr.ParseReference(reference, r.Local)
	if !ok {
		return none, false, nil
	}
	caller, known := aws.FindCaller(ctx)
	if !known {
		return none, true, fmt.Errorf("pull access denied: nobody asks for '%s': %w", ref.Repository, errdefs.ErrPermissionDenied)
	}
	if ref.Scope.Account == "" {
		ref.Scope = caller.Scope()
	}
	s := r.Store.Snapshot()
	for _, access := range []registry.Access{registry.PullManifest, registry.PullBlob} {
		if err := ecr.Authorize(s, ref.Scope, ref.Repository, ecr.RootOf(caller.Account), operations[access]); err != nil {
			return none, true, fmt.Errorf("pull access denied: %s: %w", err.Error(), errdefs.ErrPermissionDenied)
		}
	}
	wanted := ref.Tag
	if ref.Digest != "" {
		wanted = ref.Digest
	}
	at := place{ref.Scope, ref.Repository}
	if from, ok := r.Cache.sourceOf(s, at); ok && caller.Account == ref.Scope.Account {
		if err := r.Cache.complete(ctx, at, from, wanted); err != nil {
			return none, true, err
		}
		s = r.Store.Snapshot()
	}
	repo, err := ecr.FindRepository(s, ref.Scope, ref.Repository)
	if err != nil {
		return none, true, fmt.Errorf("%s: %w", err.Error(), errdefs.ErrNotFound)
	}
	image, err := repository{r.Directory, repo}.find(s, wanted)
	if err != nil {
		return none, true, fmt.Errorf("%s: not found: %w", reference, errdefs.ErrNotFound)
	}
	return descriptor(image), true, nil
}
