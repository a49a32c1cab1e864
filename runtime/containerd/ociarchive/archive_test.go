package ociarchive

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// contents reads an archive by file name.
func contents(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(raw)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "source")
	if err := os.WriteFile(source, []byte("copied"), 0o600); err != nil {
		t.Fatal(err)
	}
	img := Image{Name: "docker.io/a/b:1", Architecture: "amd64", Config: ocispec.ImageConfig{User: "u"}, Layers: []func(*tar.Writer) error{
		Files(File{Path: "d/", Mode: 0o755}, File{Path: "d/a", Mode: 0o644, Text: "text"}, File{Path: "d/b", Link: "a"}, File{Path: "d/c", Mode: 0o755, Source: source}),
		Files(),
	}}
	var first, second bytes.Buffer
	for _, w := range []io.Writer{&first, &second} {
		if err := Write(w, dir, img); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("equal images make different archives")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
	files := contents(t, first.Bytes())
	var index ocispec.Index
	decode(t, files["index.json"], &index)
	if len(index.Manifests) != 1 || index.Manifests[0].Annotations["io.containerd.image.name"] != img.Name {
		t.Fatalf("index %+v", index)
	}
	var manifest ocispec.Manifest
	decode(t, blob(t, files, index.Manifests[0]), &manifest)
	var config ocispec.Image
	decode(t, blob(t, files, manifest.Config), &config)
	if config.Config.User != "u" || config.Architecture != "amd64" || len(config.RootFS.DiffIDs) != 2 || config.RootFS.DiffIDs[0] != manifest.Layers[0].Digest {
		t.Errorf("config %+v", config)
	}
	layer := contents(t, blob(t, files, manifest.Layers[0]))
	if string(layer["d/a"]) != "text" || string(layer["d/c"]) != "copied" || len(layer) != 4 {
		t.Errorf("layer %q", layer)
	}
}

func decode(t *testing.T, raw []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}

// blob returns a blob after checking its digest and size.
func blob(t *testing.T, files map[string][]byte, d ocispec.Descriptor) []byte {
	t.Helper()
	raw := files[blobPath(d.Digest)]
	if digest.FromBytes(raw) != d.Digest || int64(len(raw)) != d.Size {
		t.Fatalf("blob %+v is %d bytes", d, len(raw))
	}
	return raw
}

func TestWriteRefused(t *testing.T) {
	missing := Image{Layers: []func(*tar.Writer) error{Files(File{Path: "a", Source: "/nothing"})}}
	if err := Write(io.Discard, t.TempDir(), missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing source: %v", err)
	}
	if err := Write(io.Discard, filepath.Join(t.TempDir(), "no"), Image{Layers: []func(*tar.Writer) error{Files()}}); err == nil {
		t.Error("layers were kept in no folder")
	}
}
