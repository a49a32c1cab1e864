package upstream_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/dataplane/registry/upstream"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestFetch(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	r := upstream.Registry{Host: server.Listener.Addr().String(), Plain: true}
	image := must(random.Image(1000, 1))
	if err := remote.Write(must(name.ParseReference(r.Host+"/library/app:v1")), image); err != nil {
		t.Fatal(err)
	}
	want := must(image.Digest()).String()
	for _, reference := range []string{"v1", want} {
		desc, err := r.Resolve(t.Context(), "library/app", reference)
		if err != nil || desc.Digest.String() != want {
			t.Fatalf("%s: %+v %v", reference, desc, err)
		}
		raw, err := r.Manifest(t.Context(), "library/app", desc)
		if err != nil || digest.FromBytes(raw).String() != want {
			t.Errorf("%s: %s %v", reference, raw, err)
		}
		lie := desc
		lie.Size = 5 << 20
		if _, err := r.Manifest(t.Context(), "library/app", lie); err == nil {
			t.Error("too large a manifest is read")
		}
	}
	layer := digest.Digest(must(must(image.Layers())[0].Digest()).String())
	body, err := r.Blob(t.Context(), "library/app", layer)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got := digest.FromBytes(must(io.ReadAll(body))); got != layer {
		t.Errorf("got %s", got)
	}
	if _, err := r.Resolve(t.Context(), "library/app", "v2"); !errdefs.IsNotFound(err) {
		t.Errorf("no such tag: %v", err)
	}
	if _, err := r.Blob(t.Context(), "library/app", digest.FromString("none")); err == nil {
		t.Errorf("no such blob: %v", err)
	}
}

func TestPing(t *testing.T) {
	for status, fine := range map[int]bool{200: true, 401: true, 404: false, 500: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				t.Errorf("asked for %s", r.URL)
			}
			w.WriteHeader(status)
		}))
		err := upstream.Registry{Host: strings.TrimPrefix(server.URL, "http://"), Plain: true}.Ping(t.Context())
		server.Close()
		if (err == nil) != fine {
			t.Errorf("%d: %v", status, err)
		}
	}
	if err := (upstream.Registry{Host: "127.0.0.1:1"}).Ping(t.Context()); err == nil {
		t.Error("nobody answers")
	}
}
