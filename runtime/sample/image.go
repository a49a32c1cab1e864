package sample

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

const (
	// Image is what the sample is called in a task definition.
	Image = "kaimon/sample:latest"
	// Subcommand is the subcommand of the program that serves the page.
	Subcommand = "sample-web"

	fullName = "docker.io/" + Image
	// path of the program inside the image.
	path = "/kaimon"
)

// Ensure makes the image of the program at exe available under Image, unless it
// was made of the same program before. What it was made of is noted in dir.
func Ensure(ctx context.Context, images runtime.Images, dir, exe string) error {
	st, err := os.Stat(exe)
	if err != nil {
		return fmt.Errorf("sample image: %w", err)
	}
	stamp := fmt.Sprintf("%d %d\n", st.Size(), st.ModTime().UnixNano())
	note := filepath.Join(dir, "sample-image")
	if have, err := os.ReadFile(note); err == nil && string(have) == stamp {
		if _, err := images.EnsureImage(ctx, Image, nil); err == nil {
			return nil
		}
	}
	archive, in := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := Write(in, dir, exe)
		written <- errors.Join(err, in.CloseWithError(err))
	}()
	_, err = images.ImportImages(ctx, archive)
	if err := errors.Join(err, archive.Close(), <-written); err != nil {
		return fmt.Errorf("sample image: %w", err)
	}
	return os.WriteFile(note, []byte(stamp), 0o600)
}

// Write writes the image of the program at exe as an OCI archive, with temporary
// files in dir.
func Write(w io.Writer, dir, exe string) error {
	return ociarchive.Write(w, dir, ociarchive.Image{
		Name: fullName, Architecture: goruntime.GOARCH,
		Config: ocispec.ImageConfig{
			Entrypoint:   []string{path, Subcommand},
			ExposedPorts: map[string]struct{}{"80/tcp": {}},
			Env:          []string{"PATH=/"},
		},
		Layers: []func(*tar.Writer) error{ociarchive.Files(
			ociarchive.File{Path: "etc/", Mode: 0o755},
			ociarchive.File{Path: "tmp/", Mode: 0o1777},
			ociarchive.File{Path: "etc/passwd", Mode: 0o644, Text: "root:x:0:0:root:/:/\n"},
			ociarchive.File{Path: path[1:], Mode: 0o755, Source: exe},
		)},
	})
}
