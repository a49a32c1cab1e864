package images

import (
	"bytes"
	"context"
	"errors"
	"io"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/runtime"
)

// store writes an image into the content as a registry does, blob by blob.
func (f *fixture) store(c *RegistryContent, img v1.Image) ocispec.Descriptor {
	f.t.Helper()
	write := func(data []byte) {
		f.t.Helper()
		desc := ocispec.Descriptor{Digest: digest.FromBytes(data), Size: int64(len(data))}
		err := content.WriteBlob(f.t.Context(), c, "upload "+desc.Digest.String(), bytes.NewReader(data), desc)
		if err != nil {
			f.t.Fatal(err)
		}
	}
	for _, l := range must(img.Layers()) {
		write(must(io.ReadAll(must(l.Compressed()))))
	}
	write(must(img.RawConfigFile()))
	raw := must(img.RawManifest())
	write(raw)
	return ocispec.Descriptor{MediaType: string(must(img.MediaType())), Digest: digest.FromBytes(raw), Size: int64(len(raw))}
}

func (f *fixture) prune(inUse ...string) {
	f.t.Helper()
	used := map[string]bool{}
	for _, d := range inUse {
		used[d] = true
	}
	if err := f.Prune(f.t.Context(), used); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) snapshots() int {
	f.t.Helper()
	n := 0
	err := f.layers.Walk(own(f.t.Context()), func(context.Context, snapshots.Info) error { n++; return nil })
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// TestRegistryContent follows what is pushed: it stays, is unpacked, started
// from without a registry, and goes once neither registry nor task needs it.
func TestRegistryContent(t *testing.T) {
	f := newFixture(t)
	if _, err := f.RegistryContent(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := f.RegistryContent(t.Context()) // as after a restart
	if err != nil {
		t.Fatal(err)
	}
	target := f.store(c, image(t, goruntime.GOARCH, "pushed"))
	f.prune()
	if err := f.Unpack(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	if f.known[target.Digest.String()] == nil {
		t.Error("its first task has to read the image")
	}
	f.mu.Unlock()
	f.prune()
	if n := f.snapshots(); n != 1 {
		t.Errorf("%d snapshots, want 1", n)
	}
	f.SetResolver(func(_ context.Context, ref string) (ocispec.Descriptor, bool, error) {
		switch ref {
		case "registry.test/app":
			return target, true, nil
		case "registry.test/denied":
			return target, true, errdefs.ErrPermissionDenied
		}
		return target, false, nil
	})
	if d := f.ensure("registry.test/app"); d != target.Digest.String() || f.text(d) != "pushed" {
		t.Errorf("got %s", d)
	}
	_, err = f.Ensure(t.Context(), "registry.test/denied", nil)
	var fault *runtime.PullError
	if !errors.As(err, &fault) || fault.Fault != runtime.PullDenied {
		t.Errorf("denied: %v", err)
	}

	// The registry lets go: a task that was about to start, and then runs, keeps it.
	none := func(digest.Digest) bool { return false }
	if err := c.Retain(t.Context(), none); err != nil {
		t.Fatal(err)
	}
	d := target.Digest.String()
	f.prune()
	if f.text(d) != "pushed" {
		t.Error("the image went before its task began")
	}
	f.mu.Lock()
	f.wanted[d] = time.Time{}
	f.mu.Unlock()
	f.prune(d)
	if f.text(d) != "pushed" {
		t.Error("the image of a task is gone")
	}
	f.prune()
	if _, err := c.Info(t.Context(), target.Digest); !errdefs.IsNotFound(err) {
		t.Errorf("the manifest is still there: %v", err)
	}
	if n := f.snapshots(); n != 0 {
		t.Errorf("%d snapshots are left", n)
	}
}

// TestRegistryUpload holds that an upload survives collection, and that what is
// there already is committed as well.
func TestRegistryUpload(t *testing.T) {
	f := newFixture(t)
	c, err := f.RegistryContent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("some bytes")
	for range 2 {
		w, err := c.Writer(t.Context(), content.WithRef("upload"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		f.prune()
		if st, err := c.Status(t.Context(), "upload"); err != nil || st.Offset != int64(len(data)) {
			t.Errorf("%+v %v", st, err)
		}
		if list, err := c.ListStatuses(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
		if err := w.Commit(t.Context(), int64(len(data)), digest.FromBytes(data)); err != nil && !errdefs.IsAlreadyExists(err) {
			t.Error(err)
		}
		f.prune()
		if _, err := c.Info(t.Context(), digest.FromBytes(data)); err != nil {
			t.Error(err)
		}
	}
	w, err := c.Writer(t.Context(), content.WithRef("cut off"))
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := c.Abort(t.Context(), "cut off"); err != nil {
		t.Error(err)
	}
	if _, err := c.Status(t.Context(), "cut off"); !errdefs.IsNotFound(err) {
		t.Errorf("after the end: %v", err)
	}
}

// TestUnpackOther holds that content which is no image for this machine is said
// to be so and harms nothing.
func TestUnpackOther(t *testing.T) {
	f := newFixture(t)
	c, err := f.RegistryContent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	target := f.store(c, image(t, "s390x", "foreign"))
	if err := f.Unpack(t.Context(), target); !errors.Is(err, errPlatform) {
		t.Errorf("got %v", err)
	}
	if n := f.snapshots(); n != 0 {
		t.Errorf("%d snapshots", n)
	}
}
