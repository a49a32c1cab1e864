package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"kaimon.dev/kaimon/test/images"
)

// BinaryVariable names the kaimon to test in the environment. Prepare sets it to
// the one that it builds, for the inside of the host.
const BinaryVariable = "KAIMON_BIN"

// imagesVariable names the folder of the test images in the same way.
const imagesVariable = "KAIMON_IMAGES"

// Prepare builds the binary and the test images, unless the environment names
// them, and puts where they are into the environment. It needs the machine's
// network, so it comes before testenv.
func Prepare(ctx context.Context, names ...string) error {
	if os.Getenv(imagesVariable) == "" {
		cache, err := images.Cache()
		if err != nil {
			return err
		}
		for _, n := range names {
			if _, err := images.Archive(ctx, cache, n); err != nil {
				return err
			}
		}
		if err := os.Setenv(imagesVariable, cache); err != nil {
			return err
		}
	}
	if os.Getenv(BinaryVariable) != "" {
		return nil
	}
	cache, err := images.Cache()
	if err != nil {
		return err
	}
	binary := filepath.Join(filepath.Dir(cache), "kaimon")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "kaimon.dev/kaimon/cmd/kaimon")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build kaimon: %w", err)
	}
	return os.Setenv(BinaryVariable, binary)
}

// Binary is the path of the kaimon under test.
func Binary() string { return os.Getenv(BinaryVariable) }
