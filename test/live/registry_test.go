package live

import (
	"os"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/test/images"
)

// TestRegistry pulls what the registry is to hold: busybox, and the same for
// another architecture.
func TestRegistry(t *testing.T) {
	testenv.NeedRoot(t)
	cache, err := images.Cache()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv(imagesVariable) == "" {
		t.Setenv(imagesVariable, cache)
	}
	r, err := StartRegistry(t.Context(), t.TempDir(), "busybox")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	ours, foreign := pull(t, "busybox"), pull(t, "foreign")
	if ours.Architecture == foreign.Architecture {
		t.Errorf("both are for %s", ours.Architecture)
	}
	if len(ours.RootFS.DiffIDs) == 0 || ours.RootFS.DiffIDs[0] != foreign.RootFS.DiffIDs[0] {
		t.Errorf("layers %v and %v, want the same", ours.RootFS.DiffIDs, foreign.RootFS.DiffIDs)
	}
}

func pull(t *testing.T, image string) *v1.ConfigFile {
	t.Helper()
	ref, err := name.ParseReference(RegistryAddress + "/" + image)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(ref, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config
}
