package ecrctl_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
	"kaimon.dev/kaimon/store"
)

// origin is an upstream registry that counts what is asked of it.
type origin struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string
	down     bool
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	o := &origin{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.requests = append(o.requests, r.Method+" "+r.URL.Path)
		down := o.down
		o.mu.Unlock()
		if down {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// asked returns how often a path that ends so was asked for, and forgets it all.
func (o *origin) asked(end string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, r := range o.requests {
		if strings.HasSuffix(r, end) {
			n++
		}
	}
	o.requests = nil
	return n
}

func (o *origin) push(t *testing.T, text string, image v1.Image) {
	t.Helper()
	ref, err := name.ParseReference(o.Listener.Addr().String() + "/" + text)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	o.asked("")
}

// cache makes the rule "hub" to an upstream registry, and returns the clock.
func (w *world) cache(o *origin) *hand {
	w.Helper()
	c := &hand{now: time.Now()}
	w.directory.Clock = c
	w.directory.Cache = &ecrctl.Cache{Directory: w.directory, Keeper: w.registry, Log: slog.New(slog.DiscardHandler)}
	err := w.Update(context.Background(), func(tx *store.Txn) error {
		return ecr.PutPullThroughRule(tx, ecr.PullThroughRule{Scope: scope, Prefix: "hub", UpstreamURL: o.URL, UpstreamPrefix: "ROOT"})
	})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func randomImage(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(2000, 2)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func (w *world) pull(text string) (string, error) {
	w.Helper()
	back, err := remote.Image(w.ref(text), w.login("AWS", w.password(scope, time.Hour)), remote.WithRetryStatusCodes())
	if err != nil {
		return "", err
	}
	return digestOf(w.T, back), validate.Image(back)
}

// TestCache follows a tag that is pulled through: it is fetched once, looked up
// again after a day, and served while the upstream is down.
func TestCache(t *testing.T) {
	w, o := newWorld(t), newOrigin(t)
	clock := w.cache(o)
	first := randomImage(t)
	o.push(t, "library/nginx:v1", first)
	for i := range 2 {
		got, err := w.pull("hub/library/nginx:v1")
		if err != nil || got != digestOf(t, first) {
			t.Fatalf("pull %d: %s %v", i, got, err)
		}
		if n := o.asked(""); (n == 0) != (i == 1) {
			t.Errorf("pull %d: %d requests upstream", i, n)
		}
	}
	repo, err := ecr.FindRepository(w.Snapshot(), scope, "hub/library/nginx")
	if err != nil {
		t.Fatal(err)
	}
	image, ok := ecr.ImageByTag(w.Snapshot(), repo.ARN, "v1")
	if !ok || len(image.Layers) != 3 {
		t.Fatalf("%+v", image)
	}
	for _, l := range image.Layers {
		if _, ok := ecr.FindLayer(w.Snapshot(), repo.ARN, l); !ok {
			t.Errorf("layer %s is not kept", l)
		}
	}

	second := randomImage(t)
	o.push(t, "library/nginx:v1", second)
	if got, err := w.pull("hub/library/nginx:v1"); err != nil || got != digestOf(t, first) {
		t.Errorf("within a day: %s %v", got, err)
	}
	clock.add(25 * time.Hour)
	o.mu.Lock()
	o.down = true
	o.mu.Unlock()
	if got, err := w.pull("hub/library/nginx:v1"); err != nil || got != digestOf(t, first) {
		t.Errorf("while the upstream is down: %s %v", got, err)
	}
	if _, err := w.pull("hub/library/redis:v1"); err == nil || !strings.Contains(err.Error(), "cannot be pulled from") {
		t.Errorf("what isn't here while the upstream is down: %v", err)
	}
	o.mu.Lock()
	o.down = false
	o.mu.Unlock()
	if got, err := w.pull("hub/library/nginx:v1"); err != nil || got != digestOf(t, second) {
		t.Errorf("after a day: %s %v", got, err)
	}
	// By digest, and what isn't there.
	if got, err := w.pull("hub/library/nginx@" + digestOf(t, first)); err != nil || got != digestOf(t, first) {
		t.Errorf("by digest: %s %v", got, err)
	}
	for _, none := range []string{"hub/library/nginx:v2", "hub/library/none:v1"} {
		if _, err := w.pull(none); err == nil || !strings.Contains(err.Error(), "MANIFEST_UNKNOWN") {
			t.Errorf("%s: %v", none, err)
		}
	}
	if _, err := ecr.FindRepository(w.Snapshot(), scope, "hub/library/none"); err == nil {
		t.Error("a repository is made for nothing")
	}
	for _, d := range []string{digest.FromString("x").String()} {
		if _, err := remote.Layer(w.ref("hub/library/nginx:v1").Context().Digest(d), w.login("AWS", w.password(scope, time.Hour))); err != nil {
			t.Fatal(err)
		}
		if n := o.asked(d); n != 0 {
			t.Error("a layer of no image is asked for")
		}
	}
}

// TestCacheTasks holds that a task gets an image with all its layers, of an
// index the one for its machine, and other accounts nothing.
func TestCacheTasks(t *testing.T) {
	w, o := newWorld(t), newOrigin(t)
	w.cache(o)
	image := randomImage(t)
	o.push(t, "app:v1", image)
	r := &ecrctl.Resolver{Directory: w.directory, Local: w.host}
	ours := aws.WithCaller(t.Context(), aws.Caller{Account: scope.Account, Region: scope.Region})
	desc, ok, err := r.Resolve(ours, w.host+"/hub/app:v1")
	if err != nil || !ok || desc.Digest.String() != digestOf(t, image) {
		t.Fatalf("%+v %v %v", desc, ok, err)
	}
	for l := range ecr.LayersIn(w.Snapshot(), ecr.RepositoryARN(scope, "hub/app")) {
		if _, err := w.disk.Info(t.Context(), digest.Digest(l.Digest)); err != nil {
			t.Errorf("%s: %v", l.Digest, err)
		}
	}
	index, err := random.Index(500, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(o.Listener.Addr().String() + "/multi:v1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Resolve(ours, w.host+"/hub/multi:v1"); err != nil {
		t.Fatal(err)
	}
	images := 0
	for range ecr.ImagesIn(w.Snapshot(), ecr.RepositoryARN(scope, "hub/multi")) {
		images++
	}
	if images != 3 { // random images name no platform
		t.Errorf("%d images", images)
	}
	theirs := aws.WithCaller(t.Context(), aws.Caller{Account: "999999999999", Region: scope.Region})
	o.asked("")
	if _, ok, err := r.Resolve(theirs, scope.Account+".dkr.ecr.eu-west-1.amazonaws.com/hub/other:v1"); !ok || err == nil || o.asked("") != 0 {
		t.Errorf("another account: %v %v", ok, err)
	}
}

// TestFetch gets an image and its layers one by one, and what no rule names not
// at all.
func TestFetch(t *testing.T) {
	w, o := newWorld(t), newOrigin(t)
	w.cache(o)
	image := randomImage(t)
	o.push(t, "library/nginx:v1", image)
	cache := w.directory.Cache
	for _, repository := range []string{"app", "hub/library/nginx"} {
		if err := cache.FetchImage(t.Context(), scope, repository, "v1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.asked("/library/nginx/manifests/v1"); n == 0 {
		t.Error("the image was not asked for")
	}
	if err := cache.FetchImage(t.Context(), scope, "hub/library/nginx", "../../other"); err != nil || o.asked("other") != 0 {
		t.Errorf("no tag: %v", err)
	}
	arn := ecr.RepositoryARN(scope, "hub/library/nginx")
	found, ok := ecr.ImageByTag(w.Snapshot(), arn, "v1")
	if !ok || found.Digest != digestOf(t, image) {
		t.Fatalf("%+v", found)
	}
	for _, repository := range []string{"app", "hub/library/nginx"} {
		if err := cache.FetchLayer(t.Context(), scope, repository, found.Layers[0]); err != nil {
			t.Fatal(err)
		}
	}
	for i, layer := range found.Layers {
		if _, ok := ecr.FindLayer(w.Snapshot(), arn, layer); ok != (i == 0) {
			t.Errorf("layer %d: %t", i, ok)
		}
	}
}

// TestProbe holds that a rule is valid while its registry answers.
func TestProbe(t *testing.T) {
	w, o := newWorld(t), newOrigin(t)
	w.cache(o)
	if err := w.directory.Cache.Probe(t.Context(), o.URL); err != nil {
		t.Error(err)
	}
	o.Close()
	if err := w.directory.Cache.Probe(t.Context(), o.URL); err == nil {
		t.Error("nobody answers")
	}
}
