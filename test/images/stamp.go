package images

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

// stamp is the image of the program that writes the time of its first
// instruction, for benches. It is built of this repository.
func stamp(ctx context.Context, cache string) (ociarchive.Image, error) {
	binary := filepath.Join(cache, "stamp")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "kaimon.dev/kaimon/test/images/stamp")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return ociarchive.Image{}, fmt.Errorf("build stamp: %w", err)
	}
	return image("stamp", append(folders(), ociarchive.File{Path: "stamp", Mode: 0o755, Source: binary}), ocispec.ImageConfig{
		Entrypoint: []string{"/stamp"},
	}), nil
}
