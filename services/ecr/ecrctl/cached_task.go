package ecrctl

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/services/ecr"
)

// layersAtOnce is how many layers are fetched side by side for a task.
const layersAtOnce = 3

// complete has an image here with all that this machine needs of it to run it:
// of an index the images for its architecture.
func (c *Cache) complete(ctx context.Context, p place, from source, reference string) error {
	if err := c.manifest(ctx, p, from, reference); err != nil {
		return err
	}
	image, _ := c.have(p, reference)
	if image == nil {
		return nil // which the caller finds out
	}
	for _, part := range image.Manifests {
		wanted, err := c.forUs(ctx, image, part)
		if err != nil {
			return err
		}
		if wanted {
			if err := c.complete(ctx, p, from, part); err != nil {
				return err
			}
		}
	}
	var g errgroup.Group
	g.SetLimit(layersAtOnce)
	for _, layer := range image.Layers {
		g.Go(func() error { return c.blob(ctx, p, from, digest.Digest(layer)) })
	}
	return g.Wait()
}

// forUs says whether a part of an index is for this machine, or may be.
func (c *Cache) forUs(ctx context.Context, index *ecr.Image, part string) (bool, error) {
	raw, err := c.Keeper.Read(ctx, index.Digest)
	if err != nil {
		return false, err
	}
	var list ocispec.Index
	if err := json.Unmarshal(raw, &list); err != nil {
		return false, fmt.Errorf("index %s: %w", index.Digest, err)
	}
	for _, d := range list.Manifests {
		if d.Digest.String() == part && (d.Platform == nil || platforms.DefaultStrict().Match(platforms.Normalize(*d.Platform))) {
			return true, nil
		}
	}
	return false, nil
}
