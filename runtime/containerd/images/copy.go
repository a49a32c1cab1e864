package images

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/containerd/containerd/v2/core/mount"
	continuity "github.com/containerd/continuity/fs"
	"github.com/opencontainers/image-spec/identity"
)

// CopyOut copies what an image has in a folder, with its owners and modes, into
// the folder to of this machine. An image without that folder is fine.
func (s *Store) CopyOut(ctx context.Context, digest, folder, to string) error {
	ctx = own(ctx)
	record, err := s.names.Get(ctx, digest)
	if err != nil {
		return fmt.Errorf("image %s: %w", digest, err)
	}
	_, config, err := s.describe(ctx, record.Target)
	if err != nil {
		return fmt.Errorf("image %s: %w", digest, err)
	}
	if len(config.RootFS.DiffIDs) == 0 {
		return nil
	}
	mounts, done, err := s.view(ctx, identity.ChainID(config.RootFS.DiffIDs))
	if err != nil {
		return err
	}
	defer done()
	return mount.WithReadonlyTempMount(ctx, mounts, func(root string) error {
		from, err := continuity.RootPath(root, folder)
		if err != nil {
			return err
		}
		if st, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) || err == nil && !st.IsDir() {
			return nil
		}
		return continuity.CopyDir(to, from)
	})
}
