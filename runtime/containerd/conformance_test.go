package containerd

import (
	"bytes"
	"context"
	"testing"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
	"kaimon.dev/kaimon/runtime/runtimetest"
)

// world is one machine for the conformance suite.
type world struct {
	opts    Options
	runtime *Runtime
	digest  string
}

func (w *world) Open(t *testing.T) runtime.Runtime {
	t.Helper()
	r, err := NewRuntime(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	w.runtime = r
	return r
}

func (w *world) Prepare(t *testing.T, spec *runtime.Spec) {
	t.Helper()
	if w.digest == "" {
		var archive bytes.Buffer
		if err := ociarchive.Write(&archive, t.TempDir(), testImage(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.runtime.ImportImages(t.Context(), &archive); err != nil {
			t.Fatal(err)
		}
		digest, err := w.runtime.EnsureImage(t.Context(), "kaimon/test", nil)
		if err != nil {
			t.Fatal(err)
		}
		w.digest = digest
	}
	spec.NetworkNamespace, spec.Hostname = "/proc/self/ns/net", "task.test"
	for i := range spec.Containers {
		spec.Containers[i].Image, spec.Containers[i].Digest = "kaimon/test", w.digest
	}
}

func TestConformance(t *testing.T) {
	testenv.NeedRoot(t)
	for _, oci := range []string{"crun", "runc"} {
		t.Run(oci, func(t *testing.T) {
			t.Parallel()
			runtimetest.Run(t, runtimetest.Harness{Memory: true, New: func(t *testing.T) runtimetest.World {
				w := &world{opts: Options{Dir: t.TempDir(), RunDir: t.TempDir(), InstanceID: clock.Hex(4), OCIRuntime: oci}}
				t.Cleanup(func() {
					if err := w.runtime.Down(context.Background()); err != nil {
						t.Error(err)
					}
				})
				return w
			}})
		})
	}
}
