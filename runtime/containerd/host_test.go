package containerd

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/runtime/supervise"
)

// TestUnmountBelow unmounts what is at and below a folder, mounts on mounts too,
// and nothing beside it whose name merely begins the same.
func TestUnmountBelow(t *testing.T) {
	testenv.NeedRoot(t)
	root := t.TempDir()
	in, beside := filepath.Join(root, "a"), filepath.Join(root, "ab")
	for _, dir := range []string{in, in, filepath.Join(in, "b"), filepath.Join(in, "b", "c"), beside} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := unmountBelow(root); err != nil {
			t.Error(err)
		}
	})
	for range 2 { // nothing left is fine
		if err := unmountBelow(in); err != nil {
			t.Fatal(err)
		}
	}
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(root))
	if err != nil || len(mounts) != 1 || mounts[0].Mountpoint != beside {
		t.Errorf("left %v, %v", mounts, err)
	}
}

// TestInstallInit holds that the containers' init is this program, that it is
// left alone while it is, and replaced when the program changes.
func TestInstallInit(t *testing.T) {
	dir := t.TempDir()
	path, err := installInit(dir)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	same := func() os.FileInfo {
		t.Helper()
		got, err := os.Stat(path)
		if err != nil || got.Size() != self.Size() || got.Mode()&0o111 == 0 {
			t.Fatalf("the init is %+v, %v", got, err)
		}
		return got
	}
	first := same()
	if _, err := installInit(dir); err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(first, same()) {
		t.Error("the same program was installed anew")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("older"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := installInit(dir); err != nil {
		t.Fatal(err)
	}
	same()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestHardLimit holds that a limit is only promised as far as this process can
// raise it.
func TestHardLimit(t *testing.T) {
	if _, ok := hardLimit("no such limit"); ok {
		t.Error("a limit that there isn't has a bound")
	}
	limit, bounded := hardLimit("nofile")
	if mayRaise() {
		if bounded {
			t.Errorf("bounded by %d in spite of CAP_SYS_RESOURCE", limit)
		}
		return
	}
	var have unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &have); err != nil {
		t.Fatal(err)
	}
	if have.Max != unix.RLIM_INFINITY && (!bounded || limit != int64(have.Max)) {
		t.Errorf("bounded by %d (%v), the hard limit is %d", limit, bounded, have.Max)
	}
}

// TestQueue holds that exits arrive in order and that nobody who reports one
// waits for someone to read it.
func TestQueue(t *testing.T) {
	q := newQueue()
	const n = 100
	for i := range n {
		q.put(supervise.Exit{TaskID: fmt.Sprint(i)})
	}
	for i := range n {
		if e := <-q.out; e.TaskID != fmt.Sprint(i) {
			t.Fatalf("exit %d is of %s", i, e.TaskID)
		}
	}
	q.put(supervise.Exit{})
	q.close()
	q.close()
	for range q.out { // ends, whether or not the last one was still given out
	}
}
