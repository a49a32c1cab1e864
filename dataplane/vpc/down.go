package vpc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Down removes everything of the instance: links, routes, tables, namespaces and
// their mounts, and puts the host's forwarding back. Tasks must have stopped.
// The Kernel is closed then, also when something could not be removed.
func (k *Kernel) Down(_ context.Context) error {
	err := errors.Join(k.host.down(), k.Close())
	for _, dir := range []string{k.interfaceDir(), k.endpointDir(), k.routerDir()} {
		entries, readErr := os.ReadDir(dir)
		if readErr != nil && !errors.Is(readErr, fs.ErrNotExist) {
			err = errors.Join(err, readErr)
		}
		for _, e := range entries {
			err = errors.Join(err, unmountNetNS(filepath.Join(dir, e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("vpc down: %w", err)
	}
	return wrap("vpc down", os.RemoveAll(k.netnsDir()))
}
