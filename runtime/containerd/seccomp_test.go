package containerd

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"kaimon.dev/kaimon/runtime/containerd/shim"
)

// profile is a spec whose filter has the given default.
func profile(action specs.LinuxSeccompAction) *specs.Spec {
	return &specs.Spec{Linux: &specs.Linux{Seccomp: &specs.LinuxSeccomp{DefaultAction: action}}}
}

// compiledBy plays crun: it leaves the filter of a container in its state.
func compiledBy(t *testing.T, id string, filter []byte) (root string) {
	t.Helper()
	root = t.TempDir()
	dir := filepath.Join(root, shim.Namespace, id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if filter != nil {
		if err := os.WriteFile(filepath.Join(dir, "seccomp.bpf"), filter, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestSeccompCache holds that a container gets a compiled filter of exactly its
// own profile, or none.
func TestSeccompCache(t *testing.T) {
	crun := ociRuntime{version: "crun 1.8.1"}
	var cache seccompCache
	apply := func(spec *specs.Spec) (learn func(root, id string), compiled string) {
		t.Helper()
		learn, err := cache.apply(crun, spec)
		if err != nil {
			t.Fatal(err)
		}
		return learn, spec.Annotations[compiledSeccomp]
	}
	learn, compiled := apply(profile(specs.ActErrno))
	if compiled != "" {
		t.Errorf("a filter that nobody has compiled: %q", compiled)
	}
	for name, filter := range map[string][]byte{"none": nil, "empty": {}} {
		learn(compiledBy(t, "c", filter), "c")
		if _, compiled := apply(profile(specs.ActErrno)); compiled != "" {
			t.Errorf("learnt %q from %s", compiled, name)
		}
	}
	learn(compiledBy(t, "c", []byte("strict")), "c")
	if _, compiled := apply(profile(specs.ActErrno)); compiled != base64.StdEncoding.EncodeToString([]byte("strict")) {
		t.Errorf("the same profile got %q", compiled)
	}
	learn, compiled = apply(profile(specs.ActAllow))
	if compiled != "" {
		t.Errorf("another profile got %q", compiled)
	}
	learn(compiledBy(t, "d", []byte("lax")), "d")
	if _, compiled := apply(profile(specs.ActErrno)); compiled != base64.StdEncoding.EncodeToString([]byte("strict")) {
		t.Errorf("the first profile got %q after the second was learnt", compiled)
	}

	annotated := profile(specs.ActAllow)
	given := map[string]string{"own": "x"}
	annotated.Annotations = given
	if apply(annotated); annotated.Annotations["own"] != "x" || len(given) != 1 {
		t.Errorf("annotations %v, and what was given is now %v", annotated.Annotations, given)
	}
}

// TestSeccompOfRunc leaves runc alone, which would take the annotation for nothing.
func TestSeccompOfRunc(t *testing.T) {
	var cache seccompCache
	for range 2 {
		spec := profile(specs.ActErrno)
		learn, err := cache.apply(ociRuntime{version: "runc 1.1.5"}, spec)
		if err != nil || len(spec.Annotations) != 0 {
			t.Errorf("annotations %v, %v", spec.Annotations, err)
		}
		learn(compiledBy(t, "c", []byte("x")), "c")
	}
}

// TestCompiledFilterHolds runs containers with the filter that crun compiled for
// the first of them, and each still refuses what the profile refuses.
func TestCompiledFilterHolds(t *testing.T) {
	b := newBench(t)
	script := "grep Seccomp: /proc/self/status | tr -d '\\t'; unshare -U true 2>/dev/null || echo refused"
	var configs [2][]byte
	for i := range configs {
		spec := b.spec(script)
		_, out := b.run(spec)
		if strings.TrimSpace(out) != "Seccomp:2\nrefused" {
			t.Errorf("container %d: %q", i, out)
		}
		found, err := filepath.Glob(filepath.Join(b.opts.Dir, "tasks", spec.ID, "*", "*", "config.json"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no configuration: %v", err)
		}
		if configs[i], err = os.ReadFile(found[0]); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.HasPrefix(b.oci.version, "crun ") {
		t.Skipf("%s compiles each time", b.oci.version)
	}
	if has := [2]bool{bytes.Contains(configs[0], []byte(compiledSeccomp)), bytes.Contains(configs[1], []byte(compiledSeccomp))}; has != [2]bool{false, true} {
		t.Errorf("compiled filters given: %v", has)
	}
	// Other capabilities are another profile: what it allows works.
	spec := b.spec("unshare -m true && echo allowed")
	spec.Containers[0].AddCapabilities = []string{"SYS_ADMIN"}
	if _, out := b.run(spec); strings.TrimSpace(out) != "allowed" {
		t.Errorf("with SYS_ADMIN: %q", out)
	}
}
