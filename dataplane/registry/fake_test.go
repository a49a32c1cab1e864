package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/dataplane/registry"
)

// disk is a content store in a folder.
type disk struct {
	content.Store
	full error // what writing fails with
}

func (d *disk) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	w, err := d.Store.Writer(ctx, opts...)
	if err == nil && d.full != nil {
		return fullWriter{w, d.full}, nil
	}
	return w, err
}

type fullWriter struct {
	content.Writer
	err error
}

func (w fullWriter) Write([]byte) (int, error) { return 0, w.err }

// Retain implements registry.Content: what is let go of is gone at once.
func (d *disk) Retain(ctx context.Context, keep func(digest.Digest) bool) error {
	var gone []digest.Digest
	err := d.Walk(ctx, func(i content.Info) error {
		if !keep(i.Digest) {
			gone = append(gone, i.Digest)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) { // nothing was ever written
		err = nil
	}
	for _, g := range gone {
		if err := d.Delete(ctx, g); err != nil {
			return err
		}
	}
	return err
}

// directory is repositories in memory, open to AWS with the password "good".
type directory struct {
	mu    sync.Mutex
	repos map[string]*repo
	// denied is an access that nobody has.
	denied registry.Access
}

type repo struct {
	*directory
	name      string
	blobs     map[digest.Digest]bool
	manifests map[digest.Digest]ocispec.Descriptor
	tags      map[string]digest.Digest
	subjects  map[digest.Digest][]ocispec.Descriptor
}

func (d *directory) Login(_ context.Context, _, user, password string) (registry.Namespace, error) {
	if user != "AWS" || password != "good" {
		return nil, registry.Unauthorized("no")
	}
	return d, nil
}

func (d *directory) Referenced(context.Context) (map[digest.Digest]bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[digest.Digest]bool{}
	for _, r := range d.repos {
		for b := range r.blobs {
			all[b] = true
		}
		for m := range r.manifests {
			all[m] = true
		}
	}
	return all, nil
}

func (d *directory) Repository(_ context.Context, name string, access registry.Access) (registry.Repository, error) {
	if access == d.denied {
		return nil, registry.Denied("not you")
	}
	if r := d.repos[name]; r != nil {
		return r, nil
	}
	return nil, registry.NameUnknown("no repository %s", name)
}

func (r *repo) ID() string { return r.name }

func (r *repo) HasBlob(_ context.Context, b digest.Digest) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.blobs[b], nil
}

func (r *repo) AddBlob(_ context.Context, b ocispec.Descriptor) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blobs[b.Digest] = true
	return nil
}

func (r *repo) Manifest(_ context.Context, reference string) (ocispec.Descriptor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := digest.Digest(reference)
	if tagged, ok := r.tags[reference]; ok {
		d = tagged
	}
	if m, ok := r.manifests[d]; ok {
		return m, nil
	}
	return ocispec.Descriptor{}, registry.ManifestUnknown("no manifest %s", reference)
}

func (r *repo) PutManifest(_ context.Context, m registry.Manifest, tag string) (registry.Put, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if tag == "fixed" {
		return registry.Put{}, registry.Refuse(400, "TAG_INVALID", "the tag is fixed")
	}
	if tag == "broken" {
		return registry.Put{}, fmt.Errorf("secret detail")
	}
	desc := ocispec.Descriptor{MediaType: m.MediaType, Digest: m.Digest, Size: int64(len(m.Raw))}
	r.manifests[m.Digest] = desc
	if tag != "" {
		r.tags[tag] = m.Digest
	}
	return registry.Put{}, nil
}

func (r *repo) DeleteManifest(_ context.Context, reference string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.tags[reference]; !ok {
		return registry.ManifestUnknown("no manifest %s", reference)
	}
	delete(r.manifests, r.tags[reference])
	delete(r.tags, reference)
	return nil
}

func (r *repo) Tags(context.Context) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for t := range r.tags {
		all = append(all, t)
	}
	slices.Sort(all)
	return all, nil
}

func (r *repo) Referrers(_ context.Context, subject digest.Digest) ([]ocispec.Descriptor, error) {
	return r.subjects[subject], nil
}

// hand is a clock that a test sets.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) add(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// world is a registry with the repositories "app" and "team/base".
type world struct {
	*testing.T
	*registry.Registry
	dir   *directory
	disk  *disk
	clock *hand
	host  string
	path  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: &directory{repos: map[string]*repo{}, denied: -1}, clock: &hand{now: time.Now()}, path: t.TempDir()}
	for _, name := range []string{"app", "team/base"} {
		w.dir.repos[name] = &repo{
			directory: w.dir, name: name, blobs: map[digest.Digest]bool{}, manifests: map[digest.Digest]ocispec.Descriptor{},
			tags: map[string]digest.Digest{}, subjects: map[digest.Digest][]ocispec.Descriptor{},
		}
	}
	w.open()
	return w
}

// open starts the registry, as after a restart.
func (w *world) open() {
	w.Helper()
	w.reopen()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.Registry.ServeHTTP(rw, r) }))
	w.Cleanup(server.Close)
	w.host = server.Listener.Addr().String()
}

// reopen begins anew behind the same address. No request may be under way.
func (w *world) reopen() {
	w.Helper()
	store, err := local.NewStore(w.path)
	if err != nil {
		w.Fatal(err)
	}
	w.disk = &disk{Store: store}
	w.Registry = registry.New(registry.Options{Content: w.disk, Directory: w.dir, Clock: w.clock, Log: slog.New(slog.DiscardHandler)})
}
