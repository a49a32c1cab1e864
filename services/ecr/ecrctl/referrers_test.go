package ecrctl_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// TestReferrers holds that what is pushed about an image is found by it, also
// before the image is there, by its kind, and in its repository alone.
func TestReferrers(t *testing.T) {
	w := newWorld(t)
	login := w.login("AWS", w.password(scope, time.Hour))
	image := mutate.MediaType(randomImage(t), types.OCIManifestSchema1)
	desc, err := partial.Descriptor(image)
	if err != nil {
		t.Fatal(err)
	}
	about := func(kind types.MediaType) v1.Image {
		base := mutate.ConfigMediaType(mutate.MediaType(randomImage(t), types.OCIManifestSchema1), kind)
		return mutate.Subject(mutate.Annotations(base, map[string]string{"kind": string(kind)}), *desc).(v1.Image)
	}
	list := func() (found []string) {
		t.Helper()
		index, err := remote.Referrers(w.ref("app").Context().Digest(desc.Digest.String()), login)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range manifest.Manifests {
			found = append(found, m.ArtifactType+" "+m.Annotations["kind"])
		}
		return found
	}
	signature, sbom := about("application/vnd.test.signature"), about("application/vnd.test.sbom")
	if err := remote.Write(w.ref("app:signature"), signature, login); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(w.ref("app:v1"), image, login); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(w.ref("app:sbom"), sbom, login); err != nil {
		t.Fatal(err)
	}
	found := list()
	if all := strings.Join(found, "\n"); len(found) != 2 || !strings.Contains(all, "application/vnd.test.sbom application/vnd.test.sbom") || !strings.Contains(all, "signature") {
		t.Errorf("found %v", found)
	}
	r, _ := http.NewRequest("GET", "http://"+w.host+"/v2/app/referrers/"+desc.Digest.String()+"?artifactType=application/vnd.test.sbom", nil)
	r.SetBasicAuth("AWS", w.password(scope, time.Hour))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.Header.Get("OCI-Filters-Applied") != "artifactType" || !strings.Contains(string(body), digestOf(t, sbom)) || strings.Contains(string(body), digestOf(t, signature)) {
		t.Errorf("of one kind: %v %s", resp.Header, body)
	}
	// Gone, it is found no more.
	if err := remote.Delete(w.ref("app@"+digestOf(t, signature)), login); err != nil {
		t.Fatal(err)
	}
	if found := list(); len(found) != 1 {
		t.Errorf("after a deletion: %v", found)
	}
}
