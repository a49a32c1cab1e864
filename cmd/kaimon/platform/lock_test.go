package platform

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLockOutlastsAnEndingServer holds that a lock that is about to be let go is
// waited for, and one that is kept is refused.
func TestLockOutlastsAnEndingServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "server.pid")
	open := func() *os.File {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	ending, next, third := open(), open(), open()
	if err := lock(ending); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { ending.Close() })
	if err := lock(next); err != nil {
		t.Errorf("after the end: %v", err)
	}
	if err := lock(third); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("while it is kept: %v", err)
	}
}
