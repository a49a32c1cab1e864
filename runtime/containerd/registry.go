package containerd

import (
	"context"
	"maps"
	"slices"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/runtime/containerd/images"
)

// CollectImages frees the images, and the content that a registry let go of,
// which no name and no task needs.
func (e *Engine) CollectImages(ctx context.Context) error {
	e.mu.Lock()
	tasks := slices.Collect(maps.Values(e.tasks))
	e.mu.Unlock()
	inUse := map[string]bool{}
	for _, t := range tasks {
		t.mu.Lock()
		for _, c := range t.containers {
			if c.record != nil {
				inUse[c.record.Digest] = true
			}
		}
		t.mu.Unlock()
	}
	return e.images.Prune(ctx, inUse)
}

// CollectImages frees what no name, no task and no registry needs.
func (r *Runtime) CollectImages(ctx context.Context) error { return r.engine.CollectImages(ctx) }

// UnpackImage makes the snapshots of an image whose content is here.
func (r *Runtime) UnpackImage(ctx context.Context, desc ocispec.Descriptor) error {
	return r.engine.images.Unpack(ctx, desc)
}

// RegistryContent is where a registry keeps its content, so that it is at once
// what containers are started from.
func (r *Runtime) RegistryContent(ctx context.Context) (*images.RegistryContent, error) {
	return r.engine.images.RegistryContent(ctx)
}

// SetResolver has a registry asked for each image; it is to be set before the
// first task.
func (r *Runtime) SetResolver(resolve images.Resolver) { r.engine.images.SetResolver(resolve) }
