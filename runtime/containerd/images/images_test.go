package images

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"

	containerdlog "github.com/containerd/log"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

func TestMain(m *testing.M) {
	if err := containerdlog.SetLevel("panic"); err != nil { // it logs what fails as well
		panic(err)
	}
	testenv.InHost(m)
}

// fixture is a store and a registry that counts what is asked of it.
type fixture struct {
	*Store
	t    *testing.T
	host string // of the registry

	mu       sync.Mutex
	requests []string
	refuse   int // status to answer with, if not 0
	blob     chan struct{}
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	testenv.NeedRoot(t)
	s, err := Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Store: s, t: t}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.Path)
		refuse, blob := f.refuse, f.blob
		f.mu.Unlock()
		if blob != nil && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
			<-blob
		}
		if refuse != 0 {
			w.WriteHeader(refuse)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	f.host = strings.TrimPrefix(server.URL, "http://")
	t.Cleanup(func() {
		server.Close()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// image makes an image for an architecture with one layer that holds one file.
func image(t *testing.T, arch, text string) v1.Image {
	t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	for _, f := range []ociarchive.File{{Path: "etc/", Mode: 0o755}, {Path: "etc/text", Mode: 0o644, Text: text},
		{Path: "etc/passwd", Mode: 0o644, Text: "root:x:0:0::/root:/bin/sh\nalice:x:5:6::/home/alice:/bin/sh\n"}} {
		if err := ociarchive.Files(f)(w); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, l)
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.ConfigFile(img, &v1.ConfigFile{Architecture: arch, OS: "linux", Config: v1.Config{Cmd: []string{text}}, RootFS: must(img.ConfigFile()).RootFS})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (f *fixture) ref(s string) string { return f.host + "/" + s }

func (f *fixture) push(ref string, img v1.Image) string {
	f.t.Helper()
	if err := remote.Write(must(name.ParseReference(f.ref(ref))), img); err != nil {
		f.t.Fatal(err)
	}
	f.reset()
	return must(img.Digest()).String()
}

// reset forgets the requests so far.
func (f *fixture) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = nil
}

// count returns how many requests contained a text since the last reset.
func (f *fixture) count(text string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

func (f *fixture) ensure(ref string) string {
	f.t.Helper()
	digest, err := f.Ensure(f.t.Context(), ref, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return digest
}

// text reads the file that tells images apart.
func (f *fixture) text(digest string) string {
	f.t.Helper()
	img, err := f.Image(f.t.Context(), digest)
	if err != nil {
		f.t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(img.Lowers[0], "etc/text"))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(data)
}

func TestPull(t *testing.T) {
	f := newFixture(t)
	one := f.push("a/b:1", image(t, goruntime.GOARCH, "one"))
	var last, total int64
	digest, err := f.Ensure(t.Context(), f.ref("a/b:1"), func(d, n int64) { last, total = d, n })
	if err != nil || digest != one || f.text(digest) != "one" {
		t.Fatalf("%s %v", digest, err)
	}
	if last == 0 || last != total {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	img, err := f.Image(t.Context(), digest)
	if err != nil || img.Config.Cmd[0] != "one" {
		t.Errorf("%+v %v", img, err)
	}
	if u, err := img.User("alice"); err != nil || u.Uid != 5 || u.Gid != 6 || u.Home != "/home/alice" {
		t.Errorf("alice is %+v, %v", u, err)
	}
	f.reset()
	if f.ensure(f.ref("a/b:1")); f.count("HEAD") != 1 || f.count("GET") != 0 {
		t.Errorf("again: %v", f.requests)
	}
	two := f.push("a/b:1", image(t, goruntime.GOARCH, "two"))
	if got := f.ensure(f.ref("a/b:1")); got != two || f.text(got) != "two" {
		t.Errorf("the tag moved to %s, got %s", two, got)
	}
	f.reset()
	if got := f.ensure(f.ref("a/b@" + one)); got != one || len(f.requests) != 0 {
		t.Errorf("by digest: %s, %v", got, f.requests)
	}
}

func TestPullIndex(t *testing.T) {
	f := newFixture(t)
	index := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: image(t, "other", "no"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "other"}}},
		mutate.IndexAddendum{Add: image(t, goruntime.GOARCH, "yes"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: goruntime.GOARCH}}})
	if err := remote.WriteIndex(must(name.ParseReference(f.ref("many"))), index); err != nil {
		t.Fatal(err)
	}
	f.reset()
	digest := f.ensure(f.ref("many"))
	if digest != must(index.Digest()).String() || f.text(digest) != "yes" {
		t.Errorf("got %s", digest)
	}
	if n := f.count("GET /v2/many/manifests"); n != 2 {
		t.Errorf("%d manifests were fetched, not the index and one: %v", n, f.requests)
	}
}

func TestFaults(t *testing.T) {
	f := newFixture(t)
	f.push("foreign", image(t, "other", "x"))
	free := must(net.Listen("tcp", "127.0.0.1:0"))
	nobody := free.Addr().String()
	free.Close()
	for _, tt := range []struct {
		ref    string
		refuse int
		want   runtime.PullFault
	}{
		{f.ref("nothing"), 0, runtime.PullNotFound},
		{f.ref("nothing@sha256:" + strings.Repeat("0", 64)), 0, runtime.PullNotFound},
		{f.ref("foreign"), 0, runtime.PullPlatform},
		{f.ref("secret"), http.StatusUnauthorized, runtime.PullDenied},
		{f.ref("secret"), http.StatusForbidden, runtime.PullDenied},
		{f.ref("broken"), http.StatusInternalServerError, runtime.PullUnreachable},
		{nobody + "/x", 0, runtime.PullUnreachable},
		{"Not A Name", 0, runtime.PullInvalid},
		{"", 0, runtime.PullInvalid},
		{"kaimon/unknown", 0, runtime.PullNotFound},
		{"docker.io/kaimon/unknown:1", 0, runtime.PullNotFound},
	} {
		f.refuse = tt.refuse
		_, err := f.Ensure(t.Context(), tt.ref, nil)
		var pull *runtime.PullError
		if !errors.As(err, &pull) || pull.Fault != tt.want || pull.Ref != tt.ref {
			t.Errorf("%q (%d): %v, want %s", tt.ref, tt.refuse, err, tt.want)
		}
	}
	f.refuse = 0
	if f.count("kaimon/unknown") != 0 {
		t.Error("a name of ours was looked up at a registry")
	}
}

// TestNoSpace fills a small disk.
func TestNoSpace(t *testing.T) {
	f := newFixture(t)
	f.push("big", image(t, goruntime.GOARCH, strings.Repeat("x", 8<<20)))
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(disk, unix.MNT_DETACH)
	small, err := Open(t.Context(), disk, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	var pull *runtime.PullError
	if _, err := small.Ensure(t.Context(), f.ref("big"), nil); !errors.As(err, &pull) || pull.Fault != runtime.PullNoSpace {
		t.Errorf("got %v", err)
	}
}

// TestUnreachable uses what is here when the registry is away.
func TestUnreachable(t *testing.T) {
	f := newFixture(t)
	want := f.push("a:1", image(t, goruntime.GOARCH, "here"))
	f.ensure(f.ref("a:1"))
	f.refuse = http.StatusServiceUnavailable
	if got := f.ensure(f.ref("a:1")); got != want {
		t.Errorf("got %s", got)
	}
	f.refuse = http.StatusNotFound // the registry is there, and says no
	if _, err := f.Ensure(t.Context(), f.ref("a:1"), nil); err == nil {
		t.Error("an image that its registry has dropped was used")
	}
}

// TestShared fetches a layer once for many who want it.
func TestShared(t *testing.T) {
	f := newFixture(t)
	f.push("a:1", image(t, goruntime.GOARCH, "x"))
	f.blob = make(chan struct{})
	impatient, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := f.Ensure(impatient, f.ref("a:1"), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("the one who left: %v", err)
		}
	})
	for range 8 {
		group.Go(func() {
			if _, err := f.Ensure(t.Context(), f.ref("a:1"), nil); err != nil {
				t.Error(err)
			}
		})
	}
	for f.count("GET /v2/a/blobs") == 0 {
		goruntime.Gosched()
	}
	leave()
	close(f.blob)
	group.Wait()
	if n := f.count("HEAD"); n != 1 {
		t.Errorf("the tag was looked up %d times", n)
	}
	if n := f.count("GET /v2/a/blobs"); n != 2 { // the configuration and the layer
		t.Errorf("%d blobs were fetched: %v", n, f.requests)
	}
}

// TestImport serves imported images without a network.
func TestImport(t *testing.T) {
	f := newFixture(t)
	layer := ociarchive.Files(ociarchive.File{Path: "etc/", Mode: 0o755}, ociarchive.File{Path: "etc/text", Mode: 0o644, Text: "imported"})
	var archive bytes.Buffer
	err := ociarchive.Write(&archive, t.TempDir(),
		ociarchive.Image{Name: "registry.invalid/x:1", Architecture: goruntime.GOARCH, Layers: []func(*tar.Writer) error{layer}},
		ociarchive.Image{Name: "kaimon/foreign", Architecture: "other", Layers: []func(*tar.Writer) error{layer}},
		ociarchive.Image{Name: "kaimon/bare", Architecture: goruntime.GOARCH, Config: ocispec.ImageConfig{User: "7"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	names, err := f.Import(t.Context(), &archive)
	if err != nil || strings.Join(names, " ") != "registry.invalid/x:1 docker.io/kaimon/foreign:latest docker.io/kaimon/bare:latest" {
		t.Fatalf("%v %v", names, err)
	}
	if got := f.text(f.ensure("registry.invalid/x:1")); got != "imported" {
		t.Errorf("got %q", got)
	}
	var pull *runtime.PullError
	if _, err := f.Ensure(t.Context(), "kaimon/foreign", nil); !errors.As(err, &pull) || pull.Fault != runtime.PullPlatform {
		t.Errorf("another architecture's: %v", err)
	}
	bare, err := f.Image(t.Context(), f.ensure("kaimon/bare"))
	if err != nil || len(bare.Lowers) != 0 || bare.Config.User != "7" {
		t.Errorf("%+v %v", bare, err)
	}
	for _, bad := range []string{"", "not a tar"} {
		if _, err := f.Import(t.Context(), strings.NewReader(bad)); err == nil {
			t.Errorf("%q was imported", bad)
		}
	}
	if len(f.requests) != 0 {
		t.Errorf("requests %v", f.requests)
	}
}

// TestPrune keeps what has a name or is in use.
func TestPrune(t *testing.T) {
	f := newFixture(t)
	var digests []string
	for _, text := range []string{"used", "unused", "named"} {
		f.push("a:1", image(t, goruntime.GOARCH, text))
		digests = append(digests, f.ensure(f.ref("a:1")))
	}
	clear(f.wanted) // nobody is about to start them
	if err := f.Prune(t.Context(), map[string]bool{digests[0]: true}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"used", "", "named"} {
		if want != "" && f.text(digests[i]) != want {
			t.Errorf("%s is gone", want)
		}
	}
	if _, err := f.Image(t.Context(), digests[1]); err == nil {
		t.Error("what nobody needs is still there")
	}
}
