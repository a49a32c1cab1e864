package registry_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/dataplane/registry"
)

// TestParts follows an upload that doesn't come by /v2/, across a restart.
func TestParts(t *testing.T) {
	w := newWorld(t)
	id, err := w.StartUpload(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	if size, smallest, err := w.UploadState(t.Context(), "app", id); size != 0 || smallest != math.MaxInt64 || err != nil {
		t.Errorf("at first: %d %d %v", size, smallest, err)
	}
	for i, c := range []struct {
		first int64
		part  string
		size  int64
		err   error
	}{{0, "one ", 4, nil}, {3, "x", 4, errdefs.ErrOutOfRange}, {5, "x", 4, errdefs.ErrOutOfRange}, {4, "and two", 11, nil}} {
		if size, err := w.AppendPart(t.Context(), "app", id, c.first, []byte(c.part)); size != c.size || !errors.Is(err, c.err) {
			t.Errorf("part %d: %d %v", i, size, err)
		}
	}
	if size, smallest, err := w.UploadState(t.Context(), "app", id); size != 11 || smallest != 4 || err != nil {
		t.Errorf("after two: %d %d %v", size, smallest, err)
	}
	w.open()
	if size, err := w.AppendPart(t.Context(), "app", id, 11, []byte("!")); size != 12 || err != nil {
		t.Errorf("after a restart: %d %v", size, err)
	}
	var linked int64
	d := digest.FromString("one and two!")
	err = w.CompleteUpload(t.Context(), "app", id, d.String(), func(size int64) error { linked = size; return nil })
	if err != nil || linked != 12 {
		t.Errorf("linked %d bytes, %v", linked, err)
	}
	if found := w.files("blobs", d.Encoded()); len(found) != 1 {
		t.Errorf("blobs %v", found)
	}
	if err := w.CompleteUpload(t.Context(), "app", id, d.String(), nil); !errdefs.IsNotFound(err) {
		t.Errorf("again: %v", err)
	}
}

func TestPartsRefused(t *testing.T) {
	w := newWorld(t)
	if _, _, err := w.UploadState(t.Context(), "app", strings.Repeat("0", 36)); !errdefs.IsNotFound(err) {
		t.Errorf("unknown: %v", err)
	}
	id, err := w.StartUpload(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AppendPart(t.Context(), "team/base", id, 0, []byte("x")); !errdefs.IsNotFound(err) {
		t.Errorf("from another repository: %v", err)
	}
	for _, lie := range []string{digest.FromString("lie").String(), "nonsense"} {
		err := w.CompleteUpload(t.Context(), "app", id, lie, func(int64) error { t.Error("it is recorded"); return nil })
		if !errdefs.IsInvalidArgument(err) && !errdefs.IsNotFound(err) {
			t.Errorf("%s: %v", lie, err)
		}
	}
	if found := w.files("ingest", "data"); len(found) != 0 {
		t.Errorf("left over: %v", found)
	}
}

// TestTake holds that what comes from elsewhere is verified, and leaves nothing
// if it breaks off.
func TestTake(t *testing.T) {
	w := newWorld(t)
	d := digest.FromString("from elsewhere")
	none := func(int64) error { t.Error("it is recorded"); return nil }
	if err := w.Take(t.Context(), d, strings.NewReader("something else"), none); err == nil {
		t.Error("a lie is taken")
	}
	if err := w.Take(t.Context(), d, iotest.ErrReader(io.ErrUnexpectedEOF), none); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken off: %v", err)
	}
	var linked int64
	if err := w.Take(t.Context(), d, strings.NewReader("from elsewhere"), func(size int64) error { linked = size; return nil }); err != nil || linked != 14 {
		t.Errorf("%d %v", linked, err)
	}
	if found := append(w.files("ingest", "data"), w.files("blobs", "*")...); len(found) != 1 {
		t.Errorf("files %v", found)
	}
}

// TestTakeBesideSweep holds that nothing is freed between being written and
// being recorded.
func TestTakeBesideSweep(t *testing.T) {
	w := newWorld(t)
	app, err := w.dir.Repository(t.Context(), "app", registry.PullBlob)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var sweeps sync.WaitGroup
	sweeps.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				w.sweep()
			}
		}
	})
	for i := range 50 {
		text := fmt.Sprint("blob ", i)
		d := digest.FromString(text)
		err := w.Take(t.Context(), d, strings.NewReader(text), func(size int64) error {
			return app.AddBlob(t.Context(), ocispec.Descriptor{Digest: d, Size: size})
		})
		if err != nil {
			t.Error(err)
		}
	}
	close(done)
	sweeps.Wait()
	if found := w.files("blobs", "*"); len(found) != 50 {
		t.Errorf("%d blobs are left of 50", len(found))
	}
}
