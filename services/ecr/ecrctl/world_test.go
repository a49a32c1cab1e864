package ecrctl_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
	"kaimon.dev/kaimon/store"
)

var scope = aws.Scope{Account: "123456789012", Region: "eu-west-1"}

// disk is a content store whose blobs go as soon as they are let go of.
type disk struct{ content.Store }

// Retain implements registry.Content.
func (d disk) Retain(ctx context.Context, keep func(digest.Digest) bool) error {
	var gone []digest.Digest
	_ = d.Walk(ctx, func(i content.Info) error {
		if !keep(i.Digest) {
			gone = append(gone, i.Digest)
		}
		return nil
	})
	for _, g := range gone {
		if err := d.Delete(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// machine is the runtime: it remembers what it was asked for.
type machine struct {
	mu       sync.Mutex
	unpacked []string
	collects int
}

func (m *machine) UnpackImage(_ context.Context, desc ocispec.Descriptor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unpacked = append(m.unpacked, desc.Digest.String())
	return nil
}

func (m *machine) CollectImages(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.collects++
	return nil
}

func (m *machine) state() (unpacked []string, collects int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.unpacked...), m.collects
}

// world is a registry over the tables, with the repository "app".
type world struct {
	*testing.T
	*store.Store
	directory *ecrctl.Directory
	registry  *registry.Registry
	machine   *machine
	disk      disk
	host      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	blobs, err := local.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Store: store.OpenMemory(ecr.Tables()...), machine: &machine{}, disk: disk{blobs}}
	w.directory = &ecrctl.Directory{Store: w.Store, Clock: clock.System{}}
	if err := w.directory.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	w.registry = registry.New(registry.Options{Content: w.disk, Directory: w.directory, Clock: clock.System{}, Log: log})
	server := httptest.NewServer(w.registry)
	w.host = server.Listener.Addr().String()
	images := ecrctl.NewImages(ecrctl.Options{Store: w.Store, Runtime: w.machine, Registry: w.registry, Clock: clock.System{}, Log: log})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- images.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	w.repository(ecr.Repository{Name: "app", Mutability: ecr.Mutable})
	w.eventually("the first sweep", func() bool { _, n := w.machine.state(); return n > 0 })
	return w
}

func (w *world) repository(r ecr.Repository) {
	w.Helper()
	r.Scope, r.ARN = scope, ecr.RepositoryARN(scope, r.Name)
	err := w.Update(context.Background(), func(tx *store.Txn) error { ecr.Repositories.Put(tx, r); return nil })
	if err != nil {
		w.Fatal(err)
	}
}

// password signs a token of an account that expires after a while.
func (w *world) password(s aws.Scope, life time.Duration) string {
	w.Helper()
	token := ecr.Token{Account: s.Account, Region: s.Region, Principal: ecr.RootOf(s.Account), Expires: w.directory.Clock.Now().Add(life)}
	text, err := token.Sign(w.Snapshot())
	if err != nil {
		w.Fatal(err)
	}
	return text
}

func (w *world) login(user, password string) remote.Option {
	return remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: user, Password: password}))
}

func (w *world) ref(text string) name.Reference {
	w.Helper()
	ref, err := name.ParseReference(w.host + "/" + text)
	if err != nil {
		w.Fatal(err)
	}
	return ref
}

// push pushes a new image and returns its digest.
func (w *world) push(text string) (string, error) {
	w.Helper()
	image, err := random.Image(2000, 2)
	if err != nil {
		w.Fatal(err)
	}
	return digestOf(w.T, image), remote.Write(w.ref(text), image, w.login("AWS", w.password(scope, time.Hour)))
}

func digestOf(t *testing.T, image v1.Image) string {
	t.Helper()
	d, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func (w *world) eventually(what string, ok func() bool) {
	w.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Fatalf("never: %s", what)
}

// claims decodes what a token says.
func claims(t *testing.T, password string) map[string]any {
	t.Helper()
	text, _, _ := strings.Cut(password, ".")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
