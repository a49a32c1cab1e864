package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunInsidePassesTheStatusOn(t *testing.T) {
	NeedRoot(t)
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 137} {
		if got := runInside(exec.Command("sh", "-c", script)); got != want {
			t.Errorf("%s: status %d, want %d", script, got, want)
		}
	}
}

func TestRunInsidePassesArgumentsAndMark(t *testing.T) {
	NeedRoot(t)
	out := filepath.Join(t.TempDir(), "out")
	script := `printf '%s|' "$@" "$` + inside + `" > ` + out
	if code := runInside(exec.Command("sh", "-c", script, "sh", "a b", "$HOME", "")); code != 0 {
		t.Fatalf("status %d", code)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b); got != "a b|$HOME||1|" {
		t.Errorf("arguments %q", got)
	}
}

// Mounts made inside are gone outside, and what was mounted outside is there.
func TestMountsStayInside(t *testing.T) {
	NeedRoot(t)
	dir := t.TempDir()
	if code := runInside(exec.Command("sh", "-c", "mount -t tmpfs tmpfs "+dir+" && touch "+dir+"/file && test -d /sys/fs/cgroup")); code != 0 {
		t.Fatalf("status %d", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "file")); !os.IsNotExist(err) {
		t.Errorf("a mount of the inside is outside: %v", err)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), dir) {
		t.Error("a mount of the inside is listed outside")
	}
}
