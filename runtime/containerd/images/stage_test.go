package images

import (
	"archive/tar"
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// staging is a store that always has room for stages.
func staging(t *testing.T) (*fixture, *RegistryContent) {
	t.Helper()
	f := newFixture(t)
	f.spare = 0
	c, err := f.RegistryContent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f, c
}

// files counts the files in all snapshots on disk.
func (f *fixture) files() int {
	f.t.Helper()
	all, err := filepath.Glob(filepath.Join(f.dir, "snapshots", "snapshots", "*", "fs", "*"))
	if err != nil {
		f.t.Fatal(err)
	}
	return len(all)
}

// begin opens an upload and sends the beginning of a layer.
func begin(t *testing.T, c *RegistryContent, ref string, data []byte) *heldWriter {
	t.Helper()
	w, err := c.Writer(t.Context(), content.WithRef(ref))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]byte{data[:100], data[100:]} { // the beginning says nothing yet
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	return w.(*heldWriter)
}

// await waits until a stage has unpacked the first file.
func (f *fixture) await(files int) {
	f.t.Helper()
	for range 1000 {
		if f.files() == files {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.t.Fatalf("%d files, not %d", f.files(), files)
}

// TestStageAbandoned holds that nothing is left of a layer whose upload ends, is
// begun anew, or lies.
func TestStageAbandoned(t *testing.T) {
	f, c := staging(t)
	data := archiveOf(t, file("one", 0o644), dir("two", 0o755))
	for name, end := range map[string]func(w *heldWriter) error{
		"closed":    (*heldWriter).Close,
		"truncated": func(w *heldWriter) error { return errors.Join(w.Truncate(0), w.Close()) },
		"a lie": func(w *heldWriter) error {
			if err := w.Commit(t.Context(), int64(len(data))-1, digest.FromString("another")); err == nil {
				return errors.New("it was believed")
			}
			return w.Close()
		},
		"cut off": func(w *heldWriter) error {
			if err := w.store.Close(); err != nil { // as when the process ends
				return err
			}
			s, err := Open(t.Context(), f.dir, slog.New(slog.DiscardHandler))
			f.Store, f.spare = s, 0
			return err
		},
	} {
		w := begin(t, c, name, data[:len(data)-1])
		if w.stage == nil {
			t.Fatalf("%s: the layer is not staged", name)
		}
		f.await(2)
		if err := end(w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n, m := f.files(), f.snapshots(); n != 0 || m != 0 {
			t.Errorf("%s: %d files and %d snapshots are left", name, n, m)
		}
		var err error
		if c, err = f.RegistryContent(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if w := begin(t, c, "closed", data); w.stage != nil {
		t.Error("a layer whose beginning was not seen is staged")
	}
}

// TestStageWaits holds that a layer which no image comes for goes in the end, and
// with the process.
func TestStageWaits(t *testing.T) {
	f, c := staging(t)
	layer := testLayer{archiveOf(t, file("one", 0o644)), gzipLayer}
	desc := send(t, c, layer.mediaType, layer.blob(t))
	g := f.stages.ready[desc.Digest]
	if <-g.done; g.err != nil {
		t.Fatal(g.err)
	}
	f.prune()
	if f.stages.running.Wait(); f.files() != 1 || g.free != nil {
		t.Errorf("%d files while it waits, and %d chunks", f.files(), cap(g.free))
	}
	if again := send(t, c, layer.mediaType, layer.blob(t)); f.stages.ready[again.Digest] != g {
		t.Error("the same again replaced it")
	}
	g.fed.Store(time.Now().Add(-stagePatience - time.Minute).UnixNano())
	f.prune()
	if n, m := f.files(), f.snapshots(); n != 0 || m != 0 {
		t.Errorf("%d files and %d snapshots after its time", n, m)
	}

	other := testLayer{archiveOf(t, file("two", 0o644)), gzipLayer}
	<-f.stages.ready[send(t, c, other.mediaType, other.blob(t)).Digest].done
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), f.dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f.Store = s
	if n, m := f.files(), f.snapshots(); n != 0 || m != 0 {
		t.Errorf("%d files and %d snapshots after a restart", n, m)
	}
}

// TestStageForeign holds that what isn't to be unpacked here leaves nothing.
func TestStageForeign(t *testing.T) {
	f, c := staging(t)
	target := sendImage(t, c, "s390x", testLayer{archiveOf(t, file("one", 0o644)), gzipLayer})
	if err := f.Unpack(t.Context(), target); !errors.Is(err, errPlatform) {
		t.Errorf("got %v", err)
	}
	if n, m := f.files(), f.snapshots(); n != 0 || m != 0 {
		t.Errorf("%d files and %d snapshots are left", n, m)
	}
	for _, data := range []string{`{"config":"of an image"}`, "\x1f\x8b\x08 and no more", ""} {
		desc := send(t, c, ocispec.MediaTypeImageLayerGzip, []byte(data))
		if g := f.claim(t.Context(), desc.Digest); g != nil {
			t.Errorf("%q was staged", data)
		}
	}
}

// TestStageRoom holds that stages stop where the disk gets full.
func TestStageRoom(t *testing.T) {
	f, c := staging(t)
	f.spare = 1 << 62
	layer := testLayer{archiveOf(t, file("one", 0o644)), plainLayer}
	target := sendImage(t, c, goruntime.GOARCH, layer)
	g := f.stages.ready[digest.FromBytes(layer.tar)]
	if <-g.done; !errors.Is(g.err, errRoom) {
		t.Errorf("got %v", g.err)
	}
	if n := f.files(); n != 0 {
		t.Errorf("%d files are left", n)
	}
	if err := f.Unpack(t.Context(), target); err != nil || f.files() != 1 {
		t.Errorf("in its turn: %v, %d files", err, f.files())
	}
}

// TestStagePlaces holds that so many layers are staged and no more, and that one
// which rests gives way.
func TestStagePlaces(t *testing.T) {
	f, c := staging(t)
	var all []*heldWriter
	upload := func(i int) *heldWriter {
		data := archiveOf(t, file(string(rune('a'+i)), 0o644))
		w := begin(t, c, string(rune('a'+i)), data[:len(data)-1])
		all = append(all, w)
		return w
	}
	for i := range stagesComing {
		if w := upload(i); w.stage == nil {
			t.Fatalf("the layer %d has no place", i)
		}
	}
	if w := upload(stagesComing); w.stage != nil {
		t.Error("there is a place too many")
	}
	rests := all[2].stage
	rests.fed.Store(time.Now().Add(-stageIdle - time.Minute).UnixNano())
	if w := upload(stagesComing + 1); w.stage == nil {
		t.Error("the one that rests keeps its place")
	}
	if <-rests.done; rests.err == nil {
		t.Error("the one that rests goes on")
	}
	if _, err := all[2].Write(bytes.Repeat([]byte{0}, 9<<20)); err != nil { // nobody reads what it is fed
		t.Error(err)
	}
	for _, w := range all {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := f.files(); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// TestStageBehind feeds a stage far more than it may be behind with.
func TestStageBehind(t *testing.T) {
	f, c := staging(t)
	big := &tar.Header{Typeflag: tar.TypeReg, Name: "big", Mode: 0o644, Size: 3 * chunks * chunkBytes}
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	if err := w.WriteHeader(big); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(bytes.Repeat([]byte("0123456789abcdef"), int(big.Size)/16)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	target := sendImage(t, c, goruntime.GOARCH, testLayer{data.Bytes(), plainLayer})
	if err := f.Unpack(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	img, err := f.Image(t.Context(), target.Digest.String())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(img.Lowers[0], "big"))
	if err != nil || int64(len(got)) != big.Size || !bytes.Contains(data.Bytes(), got) {
		t.Errorf("%d bytes came of it, %v", len(got), err)
	}
}
