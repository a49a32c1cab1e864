package containerd

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
	"kaimon.dev/kaimon/runtime/supervise"
	"kaimon.dev/kaimon/test/images"
)

// testImage is busybox under a name of the test's own, with more configuration.
func testImage(t testing.TB) ociarchive.Image {
	t.Helper()
	img, err := images.Busybox(images.Busyboxes...)
	if err != nil {
		t.Fatal(err)
	}
	img.Name = "docker.io/kaimon/test:latest"
	img.Config = ocispec.ImageConfig{
		Env: []string{"PATH=/bin", "FROM_IMAGE=yes"}, Cmd: []string{"echo", "from the image"}, WorkingDir: "/tmp",
	}
	return img
}

// bench is an engine with the test image, for one test. KAIMON_TEST_OCI chooses
// the OCI runtime.
type bench struct {
	*Engine
	t      testing.TB
	opts   Options
	digest string
}

func newBench(t testing.TB) *bench {
	t.Helper()
	testenv.NeedRoot(t)
	b := &bench{t: t, opts: Options{Dir: t.TempDir(), RunDir: t.TempDir(), InstanceID: clock.Hex(4), OCIRuntime: os.Getenv("KAIMON_TEST_OCI")}}
	b.open()
	t.Cleanup(func() {
		if err := b.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b.importImage(testImage(t))
	digest, err := b.EnsureImage(t.Context(), "kaimon/test", nil)
	if err != nil {
		t.Fatal(err)
	}
	b.digest = digest
	return b
}

func (b *bench) open() {
	b.t.Helper()
	e, err := New(b.t.Context(), b.opts)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Engine = e
}

func (b *bench) importImage(img ociarchive.Image) {
	b.t.Helper()
	var archive bytes.Buffer
	if err := ociarchive.Write(&archive, b.t.TempDir(), img); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.ImportImages(b.t.Context(), &archive); err != nil {
		b.t.Fatal(err)
	}
}

// spec is a task of one container that runs a shell script.
func (b *bench) spec(script string) runtime.Spec {
	return runtime.Spec{
		ID: clock.Hex(16), NetworkNamespace: "/proc/self/ns/net", Hostname: "ip-10-0-1-5.test",
		Containers: []runtime.Container{{
			Name: "app", Image: "kaimon/test", Digest: b.digest, EntryPoint: []string{"/bin/sh", "-c"}, Command: []string{script},
			Log: runtime.LogSink{Keep: true},
		}},
	}
}

func (b *bench) start(spec runtime.Spec) (supervise.Started, error) {
	b.t.Helper()
	if err := b.CreateTask(b.t.Context(), spec); err != nil {
		b.t.Fatal(err)
	}
	return b.Start(b.t.Context(), spec, spec.Containers[0].Name, 0)
}

// run runs a task's container to its end and returns its exit and output.
func (b *bench) run(spec runtime.Spec) (supervise.Exit, string) {
	b.t.Helper()
	if _, err := b.start(spec); err != nil {
		b.t.Fatal(err)
	}
	exit := b.exit(spec.ID)
	return exit, b.output(spec)
}

func (b *bench) exit(id string) supervise.Exit {
	b.t.Helper()
	for {
		select {
		case e := <-b.Events():
			if e.TaskID == id {
				return e
			}
		case <-time.After(30 * time.Second):
			b.t.Fatal("the container doesn't end")
		}
	}
}

func (b *bench) output(spec runtime.Spec) string {
	b.t.Helper()
	r, err := b.Log(b.t.Context(), spec.ID, spec.Containers[0].Name)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(out)
}

func TestRun(t *testing.T) {
	b := newBench(t)
	exit, out := b.run(b.spec("echo hello; id -u; pwd; exit 7"))
	if exit.Code != 7 || out != "hello\n0\n/tmp\n" {
		t.Errorf("exit %+v, output %q", exit, out)
	}
}

// in makes a subtest the one that the bench belongs to, until its end.
func (b *bench) in(t *testing.T) {
	outer := b.t
	b.t = t
	t.Cleanup(func() { b.t = outer })
}
