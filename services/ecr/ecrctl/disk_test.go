package ecrctl_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/runtime/containerd/images"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
	"kaimon.dev/kaimon/store"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// TestFullDisk pushes more than a small disk holds: the push is refused, what
// was there stays whole, nothing of it is left, and there is room again for what
// fits.
func TestFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(disk, unix.MNT_DETACH)
	log := slog.New(slog.DiscardHandler)
	content, err := images.Open(t.Context(), disk, log)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	held, err := content.RegistryContent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Store: store.OpenMemory(ecr.Tables()...)}
	w.directory = &ecrctl.Directory{Store: w.Store, Clock: clock.System{}}
	if err := w.directory.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.registry = registry.New(registry.Options{Content: held, Directory: w.directory, Clock: clock.System{}, Log: log})
	server := httptest.NewServer(w.registry)
	defer server.Close()
	w.host = server.Listener.Addr().String()
	w.repository(ecr.Repository{Name: "app", Mutability: ecr.Mutable})

	login := w.login("AWS", w.password(scope, time.Hour))
	push := func(text string, size int64) error {
		t.Helper()
		image, err := random.Image(size, 1)
		if err != nil {
			t.Fatal(err)
		}
		return remote.Write(w.ref(text), image, login, remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
	}
	if err := push("app:small", 1<<20); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := push("app:large", 20<<20); err == nil || !strings.Contains(err.Error(), "no space is left in the registry") {
			t.Errorf("more than fits: %v", err)
		}
	}
	if left, err := held.ListStatuses(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left over: %v %v", left, err)
	}
	back, err := remote.Image(w.ref("app:small"), login)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(back); err != nil {
		t.Error(err)
	}
	if err := push("app:again", 1<<20); err != nil {
		t.Errorf("what fits: %v", err)
	}
}
