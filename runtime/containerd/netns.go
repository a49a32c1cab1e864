package containerd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// namespaceFile is an open network namespace. Shims may have mounts of their
// own, where the path that the task was given doesn't exist; /proc they share.
type namespaceFile struct{ f *os.File }

func openNamespace(path string) (namespaceFile, error) {
	if path == "" {
		return namespaceFile{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return namespaceFile{}, fmt.Errorf("network namespace: %w", err)
	}
	return namespaceFile{f}, nil
}

func (n namespaceFile) path() string {
	if n.f == nil {
		return ""
	}
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.f.Fd())
}

// Close closes the file; the namespace lives on.
func (n namespaceFile) Close() {
	if n.f != nil {
		_ = n.f.Close()
	}
}

// makePipe makes a named pipe unless it is there.
func makePipe(path string) error {
	if err := unix.Mkfifo(path, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make pipe %s: %w", path, err)
	}
	return nil
}
