package images

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

func TestLibraries(t *testing.T) {
	got := libraries(`'http://a/libc6.deb' libc6_2.36-9+deb12u14_amd64.deb 2759320 SHA256:x
'http://a/zlib1g.deb' zlib1g_1%3a1.2.13_amd64.deb 86684 SHA256:x
'http://a/perl.deb' perl_5.36_amd64.deb 1 SHA256:x
'http://a/libc6.deb' libc6_2.36-9+deb12u14_amd64.deb 2759320 SHA256:x

broken
`)
	if !slices.Equal(got, []string{"libc6", "zlib1g"}) {
		t.Errorf("got %v", got)
	}
}

// TestLinked finds the libraries of a program of this machine.
func TestLinked(t *testing.T) {
	root := t.TempDir()
	if _, err := linked(root, "bin/nothing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that isn't there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "text"), []byte("text"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := linked(root, "text"); err == nil {
		t.Error("a text was linked")
	}
	if _, err := find(root, "libnothing.so"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a library that isn't there: %v", err)
	}
	if p, err := find(root, "/lib64/ld.so"); err != nil || p != "lib64/ld.so" {
		t.Errorf("%s %v", p, err)
	}
}

func TestParents(t *testing.T) {
	got := parents([]ociarchive.File{{Path: "usr/"}}, []ociarchive.File{{Path: "usr/lib/x/y"}, {Path: "usr/lib/z"}})
	var paths []string
	for _, f := range got {
		paths = append(paths, f.Path)
	}
	if !slices.Equal(paths, []string{"usr/lib/", "usr/lib/x/"}) {
		t.Errorf("got %v", paths)
	}
}

// TestArchive makes the busybox image, once.
func TestArchive(t *testing.T) {
	cache := t.TempDir()
	path, err := Archive(t.Context(), cache, "busybox")
	if err != nil {
		t.Skip(err)
	}
	if again, err := Archive(t.Context(), cache, "busybox"); err != nil || again != path {
		t.Errorf("again: %s %v", again, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if len(names) != 5 || names[0] != "oci-layout" || names[4] != "index.json" {
		t.Errorf("archive of %v", names)
	}
	if _, err := Archive(t.Context(), cache, "nothing"); err == nil {
		t.Error("an unknown image was made")
	}
	if _, err := Busybox("/nothing"); err == nil {
		t.Error("busybox was found nowhere")
	}
	if err := Write(t.Context(), io.Discard, cache, "busybox"); err != nil {
		t.Error(err)
	}
	if dir, err := Cache(); err != nil || filepath.Base(dir) != "images" {
		t.Errorf("%s %v", dir, err)
	}
}
