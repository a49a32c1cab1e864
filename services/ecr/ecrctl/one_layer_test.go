package ecrctl_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/services/ecr"
)

// TestURL holds that a layer's URL opens that layer, without credentials, for
// an hour, and nothing else.
func TestURL(t *testing.T) {
	w := newWorld(t)
	manifest, err := w.push("app:v1")
	if err != nil {
		t.Fatal(err)
	}
	r := w.Snapshot()
	image, _ := ecr.ImageByDigest(r, ecr.RepositoryARN(scope, "app"), manifest)
	repo, err := ecr.FindRepository(r, scope, "app")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(at time.Time) string {
		t.Helper()
		text, err := ecr.LayerToken(repo, image.Layers[0], ecr.RootOf(scope.Account), at).Sign(r)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	blob := "/v2/app/blobs/" + image.Layers[0]
	good := sign(time.Now())
	for _, c := range []struct {
		method, path, token string
		status              int
	}{
		{"GET", blob, good, 200}, {"HEAD", blob, good, 200},
		{"GET", blob, sign(time.Now().Add(-61 * time.Minute)), 403},
		{"GET", blob, good + "x", 401}, {"GET", blob, "", 401}, {"GET", blob, w.password(scope, time.Hour), 401},
		{"GET", "/v2/app/blobs/" + image.Layers[1], good, 404},
		{"GET", "/v2/other/blobs/" + image.Layers[0], good, 403},
		{"GET", "/v2/app/manifests/v1", good, 403}, {"POST", "/v2/app/blobs/uploads/", good, 403}, {"GET", "/v2/app/tags/list", good, 403},
	} {
		req, _ := http.NewRequest(c.method, "http://"+w.host+c.path+"?token="+url.QueryEscape(c.token), nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d", c.method, c.path, resp.Status, c.status)
		}
		if c.method == "GET" && c.status == 200 && digest.FromBytes(body).String() != image.Layers[0] {
			t.Error("the content is another")
		}
	}
	// It is no password.
	if _, err := remote.Get(w.ref("app:v1"), w.login("AWS", good)); err == nil {
		t.Error("a URL's token is a password")
	}
}
