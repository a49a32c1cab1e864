package registry_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/dataplane/registry"
)

func (w *world) ref(text string) name.Reference {
	w.Helper()
	ref, err := name.ParseReference(w.host + "/" + text)
	if err != nil {
		w.Fatal(err)
	}
	return ref
}

func login(password string) remote.Option {
	return remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: "AWS", Password: password}))
}

var good = login("good")

func randomImage(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(300<<10, 3)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestPushAndPull drives the registry with crane's libraries, which compare
// every digest and size on the way back.
func TestPushAndPull(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []types.MediaType{types.DockerManifestSchema2, types.OCIManifestSchema1} {
		img := mutate.MediaType(randomImage(t), kind)
		if err := remote.Write(w.ref("app:one"), img, good); err != nil {
			t.Fatal(err)
		}
		want, _ := img.Digest()
		for _, text := range []string{"app:one", "app@" + want.String()} {
			back, err := remote.Image(w.ref(text), good)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := back.Digest(); got != want {
				t.Errorf("%s is %s, want %s", text, got, want)
			}
			if err := validate.Image(back); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			if got, _ := back.MediaType(); got != kind {
				t.Errorf("media type %s, want %s", got, kind)
			}
		}
	}
	head, err := remote.Head(w.ref("app:one"), good)
	if err != nil || head.Size == 0 {
		t.Errorf("head %+v, %v", head, err)
	}
}

func TestIndexAndTags(t *testing.T) {
	w := newWorld(t)
	index, err := random.Index(1<<10, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"c", "a", "b"} {
		if err := remote.WriteIndex(w.ref("team/base:"+tag), index, good); err != nil {
			t.Fatal(err)
		}
	}
	back, err := remote.Index(w.ref("team/base:b"), good)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(back); err != nil {
		t.Error(err)
	}
	repo := w.ref("team/base").Context()
	for _, size := range []int{0, 1, 2} {
		tags, err := remote.List(repo, good, remote.WithPageSize(size))
		if err != nil || strings.Join(tags, "") != "abc" {
			t.Errorf("pages of %d: tags %v, %v", size, tags, err)
		}
	}
}

// TestMount holds that layers of a repository are taken over without a second
// upload.
func TestMount(t *testing.T) {
	w := newWorld(t)
	img := randomImage(t)
	if err := remote.Write(w.ref("team/base:1"), img, good); err != nil {
		t.Fatal(err)
	}
	layers, _ := img.Layers()
	counting := &counter{}
	for _, l := range layers {
		mountable := &remote.MountableLayer{Layer: l, Reference: w.ref("team/base:1")}
		if err := remote.WriteLayer(w.ref("app").Context(), mountable, good, remote.WithTransport(counting)); err != nil {
			t.Fatal(err)
		}
	}
	if counting.patches != 0 {
		t.Errorf("%d layers were sent", counting.patches)
	}
	if len(w.dir.repos["app"].blobs) != len(layers) {
		t.Errorf("%d blobs, want %d", len(w.dir.repos["app"].blobs), len(layers))
	}
}

type counter struct{ patches int }

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch || r.Method == http.MethodPut {
		c.patches++
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	img := randomImage(t)
	for _, c := range []struct {
		what   string
		err    error
		status int
		code   transport.ErrorCode
	}{
		{"no credentials", get(w.ref("app:1"), remote.WithAuth(authn.Anonymous)), 401, transport.UnauthorizedErrorCode},
		{"a bad password", get(w.ref("app:1"), login("bad")), 401, transport.UnauthorizedErrorCode},
		{"no repository", remote.Write(w.ref("other:1"), img, good), 404, transport.NameUnknownErrorCode},
		{"a fixed tag", remote.Write(w.ref("app:fixed"), img, good), 400, transport.TagInvalidErrorCode},
		{"an internal error", remote.Write(w.ref("app:broken"), img, good, once), 500, transport.UnknownErrorCode},
		{"no manifest", get(w.ref("app:none"), good), 404, transport.ManifestUnknownErrorCode},
	} {
		var e *transport.Error
		if !errors.As(c.err, &e) || e.StatusCode != c.status || len(e.Errors) != 1 || e.Errors[0].Code != c.code {
			t.Errorf("%s: %v", c.what, c.err)
		} else if strings.Contains(e.Error(), "secret") {
			t.Errorf("%s tells %v", c.what, e)
		}
	}
}

// TestAccess holds which access each request needs.
func TestAccess(t *testing.T) {
	w := newWorld(t)
	blob := "/v2/app/blobs/" + digest.FromString("x").String()
	upload := "/v2/app/blobs/uploads/" + strings.Repeat("0", 36)
	for access, requests := range map[registry.Access][]string{
		registry.PullManifest: {"GET /v2/app/manifests/v1", "HEAD /v2/app/manifests/v1", "GET /v2/app/referrers/x"},
		registry.PullBlob:     {"GET " + blob}, registry.CheckBlob: {"HEAD " + blob}, registry.StartUpload: {"POST /v2/app/blobs/uploads/"},
		registry.UploadPart:   {"PATCH " + upload, "GET " + upload, "DELETE " + upload},
		registry.FinishUpload: {"PUT " + upload}, registry.PushManifest: {"PUT /v2/app/manifests/v1"},
		registry.Delete: {"DELETE /v2/app/manifests/v1"}, registry.ListTags: {"GET /v2/app/tags/list"},
	} {
		for _, request := range requests {
			method, path, _ := strings.Cut(request, " ")
			w.dir.denied = access
			if resp := w.do(method, path, nil); resp.StatusCode != 403 {
				t.Errorf("%s: %s without access", request, resp.Status)
			}
			w.dir.denied = -1
			if resp := w.do(method, path, nil); resp.StatusCode == 403 {
				t.Errorf("%s: %s with access", request, resp.Status)
			}
		}
	}
}

// once doesn't try again after errors of the server.
var once = remote.WithRetryStatusCodes()

func get(ref name.Reference, as remote.Option) error {
	_, err := remote.Get(ref, as)
	return err
}
