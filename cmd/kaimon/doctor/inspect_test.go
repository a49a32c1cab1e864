package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// TestThisMachine holds that a machine on which the tests run is found fit, and
// that finding out leaves nothing behind.
func TestThisMachine(t *testing.T) {
	testenv.NeedRoot(t)
	dir := t.TempDir()
	for _, f := range Diagnose(Inspect(t.Context(), filepath.Join(dir, "not", "there", "yet"))) {
		if f.Verdict == Missing {
			t.Errorf("%s: %s (%s)", f.Name, f.Found, f.Advice)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestInspectCgroups(t *testing.T) {
	v2 := t.TempDir()
	write(t, filepath.Join(v2, "cgroup.controllers"), "cpu memory pids io\n")
	v1 := t.TempDir()
	for _, c := range []string{"cpu", "pids"} {
		write(t, filepath.Join(v1, c, "cgroup.procs"), "")
	}
	tests := []struct {
		root    string
		version int
		count   int
	}{{v2, 2, 4}, {v1, 1, 2}, {t.TempDir(), 0, 0}}
	for _, test := range tests {
		version, controllers := inspectCgroups(test.root)
		if version != test.version || len(controllers) != test.count {
			t.Errorf("version %d with %v, want %d with %d controllers", version, controllers, test.version, test.count)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
