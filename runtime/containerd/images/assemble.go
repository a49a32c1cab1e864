package images

import (
	"context"
	"fmt"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
)

// Labels of snapshots, as containerd's unpacker writes them.
const (
	refLabel    = "containerd.io/snapshot.ref"
	parentLabel = "containerd.io/snapshot/parent-chain-id"
	diffLabel   = "containerd.io/snapshot/diff-id"
)

// assemble makes the snapshots of an image out of layers that were unpacked while
// they came, and of those below them, and says whether there are all. It is a
// short cut: what it doesn't do, or fails at, is done by unpack.
func (s *Store) assemble(ctx context.Context, target ocispec.Descriptor) (bool, error) {
	manifest, config, err := s.describe(ctx, target)
	if err != nil {
		s.unstage(ctx, target)
		return false, err
	}
	diffs := config.RootFS.DiffIDs
	if len(diffs) != len(manifest.Layers) || len(diffs) == 0 {
		return false, nil
	}
	layers := make([]layerOf, len(diffs))
	parent := ""
	for i, chain := range identity.ChainIDs(slices.Clone(diffs)) {
		layers[i] = layerOf{manifest.Layers[i], diffs[i], chain.String(), parent}
		parent = chain.String()
	}
	// An index and the image in it come one after the other.
	_, err = s.flights.do(ctx, "layers "+parent, nil, func(ctx context.Context, _ func(done, total int64)) (string, error) {
		return "", s.addLayers(ctx, layers)
	})
	if err != nil {
		return false, err
	}
	return s.connect(ctx, target, manifest.Config, parent)
}

// addLayers makes the snapshots of layers from the lowest to the highest that is
// staged. Where none is to be unpacked now, it takes one transaction: each waits
// for the disk, which is busy with what came.
func (s *Store) addLayers(ctx context.Context, layers []layerOf) error {
	staged := make([]*stage, len(layers))
	highest, unpacked := -1, true
	for i, l := range layers {
		g := s.claim(ctx, l.Digest)
		if staged[i] = g; g != nil {
			defer s.discard(ctx, g)
			highest = i
		}
	}
	for i, l := range layers[:highest+1] {
		if g := staged[i]; g == nil || !g.suits(ctx, l) {
			_, err := s.layers.Stat(ctx, l.chain)
			unpacked = unpacked && err == nil
		}
	}
	add := func(ctx context.Context) error {
		for i, l := range layers[:highest+1] {
			if err := s.addLayer(ctx, l, staged[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if !unpacked || highest < 0 {
		return add(ctx)
	}
	return s.atOnce(ctx, add)
}

// connect has an image's content hold its snapshots and each other, as unpack
// does, if the snapshots are there.
func (s *Store) connect(ctx context.Context, target, config ocispec.Descriptor, chain string) (bool, error) {
	if _, err := s.layers.Stat(ctx, chain); err != nil {
		return false, missing(err)
	}
	err := s.atOnce(ctx, func(ctx context.Context) error {
		lease, _ := leases.FromContext(ctx)
		if err := s.leases.AddResource(ctx, leases.Lease{ID: lease}, leases.Resource{ID: chain, Type: snapshotType}); err != nil {
			return err
		}
		if _, err := s.layers.Stat(ctx, chain); err != nil {
			return err
		}
		if err := images.Walk(ctx, s.children(), target); err != nil {
			return err
		}
		const label = "containerd.io/gc.ref.snapshot." + snapshotter
		_, err := s.content.Update(ctx, content.Info{Digest: config.Digest, Labels: map[string]string{label: chain}}, "labels."+label)
		return err
	})
	return err == nil, missing(err)
}

// missing forgives that something isn't there.
func missing(err error) error {
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// layerOf is a layer in its place in an image.
type layerOf struct {
	ocispec.Descriptor
	diffID        digest.Digest
	chain, parent string
}

// addLayer makes a layer's snapshot, unless it is there, out of its stage if that
// is good for it.
func (s *Store) addLayer(ctx context.Context, l layerOf, g *stage) error {
	if _, err := s.layers.Stat(ctx, l.chain); err == nil || !errdefs.IsNotFound(err) {
		return err
	}
	labels := map[string]string{refLabel: l.chain, diffLabel: l.diffID.String()}
	if l.parent != "" {
		labels[parentLabel] = l.parent
	}
	opts := []snapshots.Opt{snapshots.WithLabels(labels), snapshots.WithParent(l.parent)}
	if g != nil && g.suits(ctx, l) {
		return exists(s.commit(ctx, g, l.chain, opts...))
	}
	key := "extract-" + clock.Hex(8)
	mounts, err := s.layers.Prepare(ctx, key, l.parent)
	if err != nil {
		return err
	}
	got, err := s.applier.Apply(ctx, l.Descriptor, mounts)
	if err == nil && got.Digest != l.diffID {
		err = fmt.Errorf("layer %s unpacks to %s, not %s", l.Digest, got.Digest, l.diffID)
	}
	if err == nil {
		if err = s.layers.Commit(ctx, l.chain, key, opts...); err == nil {
			return nil
		}
	}
	if e := s.layers.Remove(context.WithoutCancel(ctx), key); e != nil {
		s.log.Warn("cannot remove a half unpacked layer", "error", e)
	}
	return exists(err)
}

// exists forgives that something is there already.
func exists(err error) error {
	if errdefs.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// suits says whether what was staged is what the layer is in its place.
func (g *stage) suits(ctx context.Context, l layerOf) bool {
	if g.diffID != l.diffID {
		return false
	}
	if l.parent == "" && g.whiteouts {
		return false // overlayfs doesn't see the marks of the lowest layer
	}
	compression, err := images.DiffCompression(ctx, l.MediaType)
	return err == nil && (compression != "" || !g.compressed)
}

// unstage throws away the staged layers of what isn't to be unpacked here.
func (s *Store) unstage(ctx context.Context, target ocispec.Descriptor) {
	children, err := images.Children(ctx, s.content, target)
	if err != nil {
		return
	}
	for _, child := range children {
		if g := s.claim(ctx, child.Digest); g != nil {
			s.discard(ctx, g)
		}
	}
}
