package containerd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kaimon.dev/kaimon/runtime/containerd/cgroup"
)

// program puts an OCI runtime on the PATH that prints a version, or fails.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestFindRuntime holds which OCI runtime is taken, and how the choice ends
// where there is none that is fit.
func TestFindRuntime(t *testing.T) {
	const crun, runc = "echo crun version 1.8.1; echo commit: x", "echo runc version 1.1.5+ds1"
	for _, tt := range []struct {
		name      string
		programs  map[string]string
		wanted    string
		mode      cgroup.Mode
		version   string
		ownMounts bool
		refused   string
	}{
		{"crun first", map[string]string{"crun": crun, "runc": runc}, "", cgroup.Unified, "crun 1.8.1", false, ""},
		{"crun beside cgroup v1", map[string]string{"crun": crun}, "", cgroup.Hybrid, "crun 1.8.1", true, ""},
		{"crun on cgroup v1", map[string]string{"crun": crun}, "", cgroup.Legacy, "crun 1.8.1", false, ""},
		{"runc alone", map[string]string{"runc": runc}, "", cgroup.Hybrid, "runc 1.1.5+ds1", false, ""},
		{"crun unfit", map[string]string{"crun": "exit 1", "runc": runc}, "", cgroup.Unified, "runc 1.1.5+ds1", false, ""},
		{"wanted", map[string]string{"crun": crun, "runc": runc}, "runc", cgroup.Unified, "runc 1.1.5+ds1", false, ""},
		{"wanted, not there", map[string]string{"crun": crun}, "runc", cgroup.Unified, "", false, "runc"},
		{"none", nil, "", cgroup.Unified, "", false, "install crun or runc"},
		{"none fit", map[string]string{"crun": "exit 1", "runc": "exit 2"}, "", cgroup.Unified, "", false, "runc --version: exit status 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir)
			for name, script := range tt.programs {
				program(t, dir, name, script)
			}
			r, err := findRuntime(t.Context(), tt.wanted, tt.mode)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %+v, %v", r, err)
				}
				return
			}
			if err != nil || r.version != tt.version || r.ownMounts != tt.ownMounts || filepath.Dir(r.path) != dir {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

func TestParseVersion(t *testing.T) {
	for out, want := range map[string]string{
		"crun version 1.8.1\ncommit: f8a096be060b22ccd3d5f3ebe44108517fbf6c30\n": "crun 1.8.1",
		"runc version 1.1.5+ds1\nspec: 1.0.2-dev":                                "runc 1.1.5+ds1",
		"youki 0.4 \n": "youki 0.4",
		"":             "",
	} {
		if got := parseVersion(out); got != want {
			t.Errorf("%q is %q", out, got)
		}
	}
}

// TestRuntimeHealth holds that a runtime whose OCI runtime was removed under it
// says so.
func TestRuntimeHealth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crun")
	program(t, filepath.Dir(path), "crun", "true")
	b := newBench(t)
	r := &Runtime{engine: b.Engine}
	if err := r.Health(); err != nil {
		t.Errorf("at first: %v", err)
	}
	b.oci.path = path
	if err := r.Health(); err != nil {
		t.Errorf("with another: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := r.Health(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("without any: %v", err)
	}
}
