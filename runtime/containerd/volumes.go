package containerd

import (
	"context"
	"os"
	"path"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/images"
)

// fillVolumes gives empty volumes what the image has where they are mounted, if
// the image declares a volume there (VOLUME in a Dockerfile), before the first
// container that mounts one starts: ECS Developer Guide, "Use bind mounts with
// Amazon ECS".
func (e *Engine) fillVolumes(ctx context.Context, t *task, want runtime.Container, image *images.Image) error {
	for _, m := range want.Mounts {
		if !declares(image, m.Path) {
			continue
		}
		entries, err := os.ReadDir(t.volume(m.Volume))
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			continue
		}
		if err := e.images.CopyOut(ctx, want.Digest, m.Path, t.volume(m.Volume)); err != nil {
			return err
		}
	}
	return nil
}

func declares(image *images.Image, folder string) bool {
	for v := range image.Config.Volumes {
		if path.Clean(v) == path.Clean(folder) {
			return true
		}
	}
	return false
}
