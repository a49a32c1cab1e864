package images

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/mount"
	continuity "github.com/containerd/continuity/fs"
	"github.com/containerd/platforms"
	"github.com/moby/sys/user"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
)

// Image is an unpacked image.
type Image struct {
	Config ocispec.ImageConfig
	// Lowers are the folders of its layers, the uppermost first; none for an
	// image without layers.
	Lowers []string

	passwd, group []byte
}

// Image returns a present image by its digest.
func (s *Store) Image(ctx context.Context, digest string) (*Image, error) {
	s.mu.Lock()
	img := s.known[digest]
	s.mu.Unlock()
	if img != nil {
		return img, nil
	}
	img, err := s.load(own(ctx), digest)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", digest, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[digest] = img
	return img, nil
}

func (s *Store) load(ctx context.Context, digest string) (*Image, error) {
	record, err := s.names.Get(ctx, digest)
	if err != nil {
		return nil, err
	}
	_, config, err := s.describe(ctx, record.Target)
	if err != nil {
		return nil, err
	}
	img := &Image{Config: config.Config}
	if len(config.RootFS.DiffIDs) == 0 {
		return img, nil
	}
	err = s.atOnce(ctx, func(ctx context.Context) error {
		key := "view-" + clock.Hex(8)
		mounts, err := s.layers.View(ctx, key, identity.ChainID(config.RootFS.DiffIDs).String())
		if err != nil {
			return fmt.Errorf("layers: %w", err)
		}
		return errors.Join(img.read(ctx, mounts), s.layers.Remove(ctx, key))
	})
	return img, err
}

// read reads what is needed to start out of the mounts of an image's layers.
func (i *Image) read(ctx context.Context, mounts []mount.Mount) (err error) {
	if i.Lowers, err = lowers(mounts); err != nil {
		return err
	}
	return mount.WithReadonlyTempMount(ctx, mounts, func(root string) error {
		if i.passwd, err = readIn(root, "/etc/passwd"); err != nil {
			return err
		}
		i.group, err = readIn(root, "/etc/group")
		return err
	})
}

// describe reads the manifest and configuration of an image. The error is
// errPlatform where there are none for this machine's architecture.
func (s *Store) describe(ctx context.Context, target ocispec.Descriptor) (ocispec.Manifest, *ocispec.Image, error) {
	manifest, err := images.Manifest(ctx, s.content, target, s.platform)
	if err != nil {
		return manifest, nil, platformError(err)
	}
	raw, err := content.ReadBlob(ctx, s.content, manifest.Config)
	if err != nil {
		return manifest, nil, err
	}
	var config ocispec.Image
	if err := json.Unmarshal(raw, &config); err != nil {
		return manifest, nil, fmt.Errorf("configuration: %w", err)
	}
	// A manifest on its own is not chosen by its platform.
	if config.Architecture != "" && !s.platform.Match(platforms.Normalize(config.Platform)) {
		return manifest, nil, fmt.Errorf("%w: it is for %s", errPlatform, platforms.Format(config.Platform))
	}
	return manifest, &config, nil
}

// view makes layers mountable until done is called.
func (s *Store) view(ctx context.Context, chain digest.Digest) (_ []mount.Mount, done func(), err error) {
	ctx, release, err := s.leased(ctx)
	if err != nil {
		return nil, nil, err
	}
	key := "view-" + clock.Hex(8)
	mounts, err := s.layers.View(ctx, key, chain.String())
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("layers: %w", err)
	}
	return mounts, func() {
		if err := s.layers.Remove(ctx, key); err != nil {
			s.log.Warn("cannot remove a view of layers", "error", err)
		}
		release()
	}, nil
}

// lowers reads the folders out of what the snapshotter would mount for reading:
// an overlay of several, or a bind mount of one.
func lowers(mounts []mount.Mount) ([]string, error) {
	if len(mounts) != 1 {
		return nil, fmt.Errorf("layers: %d mounts", len(mounts))
	}
	if mounts[0].Type == "bind" {
		return []string{mounts[0].Source}, nil
	}
	for _, o := range mounts[0].Options {
		if dirs, ok := strings.CutPrefix(o, "lowerdir="); ok {
			return strings.Split(dirs, ":"), nil
		}
	}
	return nil, errors.New("layers: no folders")
}

// readIn reads a file below root, following links inside root only. A file that
// isn't there is empty.
func readIn(root, path string) ([]byte, error) {
	full, err := continuity.RootPath(root, path)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// User finds the numbers of a user[:group] by name or number in the image's own
// /etc/passwd and /etc/group, as Docker does; "" is root.
func (i *Image) User(spec string) (*user.ExecUser, error) {
	return user.GetExecUser(spec, &user.ExecUser{Home: "/"}, bytes.NewReader(i.passwd), bytes.NewReader(i.group))
}
