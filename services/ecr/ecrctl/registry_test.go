package ecrctl_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
	"kaimon.dev/kaimon/store"
)

// TestPush holds that a push makes rows, is unpacked, and comes back whole.
func TestPush(t *testing.T) {
	w := newWorld(t)
	digest, err := w.push("app:v1")
	if err != nil {
		t.Fatal(err)
	}
	image, ok := ecr.ImageByTag(w.Snapshot(), ecr.RepositoryARN(scope, "app"), "v1")
	if !ok || image.Digest != digest || len(image.Layers) != 3 {
		t.Errorf("%+v", image)
	}
	w.eventually("the image is unpacked", func() bool {
		unpacked, _ := w.machine.state()
		return slices.Contains(unpacked, digest)
	})
	back, err := remote.Image(w.ref("app:v1"), w.login("AWS", w.password(scope, time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(back); err != nil {
		t.Error(err)
	}
	index, err := random.Index(100, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(w.ref("app:all"), index, w.login("AWS", w.password(scope, time.Hour))); err != nil {
		t.Error(err)
	}
	tags, err := remote.List(w.ref("app").Context(), w.login("AWS", w.password(scope, time.Hour)))
	if err != nil || strings.Join(tags, " ") != "all v1" {
		t.Errorf("tags %v, %v", tags, err)
	}
}

// TestLogin holds who gets in.
func TestLogin(t *testing.T) {
	w := newWorld(t)
	forged := claims(t, w.password(scope, time.Hour))
	forged["Account"] = "999999999999"
	raw, _ := json.Marshal(forged)
	good := w.password(scope, time.Hour)
	_, seal, _ := strings.Cut(good, ".")
	for what, c := range map[string]struct {
		user, password string
		status         int
	}{
		"a good token":    {"AWS", good, 404}, // the tag isn't there
		"another user":    {"admin", good, 401},
		"no token":        {"AWS", "secret", 401},
		"a forged token":  {"AWS", base64.RawURLEncoding.EncodeToString(raw) + "." + seal, 401},
		"an old token":    {"AWS", w.password(scope, -time.Second), 403},
		"another region":  {"AWS", w.password(aws.Scope{Account: scope.Account, Region: "us-east-1"}, time.Hour), 404},
		"another account": {"AWS", w.password(aws.Scope{Account: "999999999999", Region: scope.Region}, time.Hour), 404},
	} {
		_, err := remote.Get(w.ref("app:none"), w.login(c.user, c.password))
		var e *transport.Error
		if !errors.As(err, &e) || e.StatusCode != c.status {
			t.Errorf("%s: %v, want %d", what, err, c.status)
		}
	}
}

// TestHost holds that a registry's name at AWS says which region is meant, and
// must be of the token's account.
func TestHost(t *testing.T) {
	w := newWorld(t)
	elsewhere := w.password(aws.Scope{Account: scope.Account, Region: "us-east-1"}, time.Hour)
	for host, status := range map[string]int{
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com": 200,
		"123456789012.dkr.ecr.us-east-1.amazonaws.com": 404,
		"999999999999.dkr.ecr.eu-west-1.amazonaws.com": 403,
		w.host: 404,
	} {
		r, _ := http.NewRequest("GET", "http://"+w.host+"/v2/app/tags/list", nil)
		r.Host = host
		r.SetBasicAuth("AWS", elsewhere)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s: %s, want %d", host, resp.Status, status)
		}
	}
}

// TestRefusals holds ECR's words in the registry's errors.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.repository(ecr.Repository{Name: "fixed", Mutability: ecr.Immutable})
	if _, err := w.push("fixed:v1"); err != nil {
		t.Fatal(err)
	}
	_, again := w.push("fixed:v1")
	_, absent := w.push("absent:v1")
	for what, c := range map[string]struct {
		err        error
		code, text string
	}{
		"a fixed tag":   {again, "TAG_INVALID", "The image tag 'v1' already exists in the 'fixed' repository"},
		"no repository": {absent, "NAME_UNKNOWN", "The repository with name 'absent' does not exist in the registry with id '123456789012'"},
		"no layers":     {w.send("app:v1", `{"schemaVersion":2,"config":{"digest":"sha256:`+strings.Repeat("0", 64)+`","size":1}}`), "MANIFEST_BLOB_UNKNOWN", "Layers with digests"},
		"nonsense":      {w.send("app:v1", `{`), "MANIFEST_INVALID", "JSON"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.code) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: %v", what, c.err)
		}
	}
}

// send pushes a manifest as it is.
func (w *world) send(text, manifest string) error {
	w.Helper()
	ref := w.ref(text)
	r, _ := http.NewRequest("PUT", "http://"+w.host+"/v2/"+ref.Context().RepositoryStr()+"/manifests/"+ref.Identifier(), strings.NewReader(manifest))
	r.Header.Set("Content-Type", ecr.OCIManifest)
	r.SetBasicAuth("AWS", w.password(scope, time.Hour))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	return transport.CheckError(resp, http.StatusCreated)
}

// TestGarbage holds that what an image alone needed goes with it.
func TestGarbage(t *testing.T) {
	w := newWorld(t)
	digest, err := w.push("app:v1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.registry.Read(t.Context(), digest); err != nil {
		t.Fatal(err)
	}
	_, before := w.machine.state()
	if err := remote.Delete(w.ref("app:v1"), w.login("AWS", w.password(scope, time.Hour))); err != nil {
		t.Fatal(err)
	}
	w.eventually("content is collected", func() bool { _, n := w.machine.state(); return n > before })
	w.eventually("the manifest is gone", func() bool {
		_, err := w.registry.Read(t.Context(), digest)
		return errdefs.IsNotFound(err)
	})
}

// TestResolve holds who finds which image for a task.
func TestResolve(t *testing.T) {
	w := newWorld(t)
	digest, err := w.push("app:v1")
	if err != nil {
		t.Fatal(err)
	}
	r := &ecrctl.Resolver{Directory: w.directory, Local: w.host}
	ours, stranger := aws.Caller{Account: scope.Account, Region: scope.Region}, aws.Caller{Account: "999999999999", Region: scope.Region}
	const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
	for ref, caller := range map[string]aws.Caller{
		host + "/app:v1": {Account: scope.Account, Region: "us-east-1"}, host + "/app@" + digest: ours, w.host + "/app:v1": ours,
	} {
		desc, ok, err := r.Resolve(aws.WithCaller(t.Context(), caller), ref)
		if err != nil || !ok || desc.Digest.String() != digest || desc.Size == 0 || desc.MediaType == "" {
			t.Errorf("%s: %+v %v %v", ref, desc, ok, err)
		}
	}
	for ref, is := range map[string]func(error) bool{host + "/app:v2": errdefs.IsNotFound, w.host + "/none": errdefs.IsNotFound} {
		if _, ok, err := r.Resolve(aws.WithCaller(t.Context(), ours), ref); !ok || !is(err) {
			t.Errorf("%s: %v %v", ref, ok, err)
		}
	}
	for _, ctx := range []aws.Caller{stranger} {
		if _, ok, err := r.Resolve(aws.WithCaller(t.Context(), ctx), host+"/app:v1"); !ok || !errdefs.IsPermissionDenied(err) {
			t.Errorf("a stranger: %v %v", ok, err)
		}
	}
	if _, ok, err := r.Resolve(t.Context(), w.host+"/app:v1"); !ok || !errdefs.IsPermissionDenied(err) {
		t.Errorf("nobody: %v %v", ok, err)
	}
	if _, ok, err := r.Resolve(t.Context(), "nginx"); ok || err != nil {
		t.Errorf("nginx: %v %v", ok, err)
	}
}

// TestRepositoryGone holds that a push into a repository that was deleted
// meanwhile ends with a refusal.
func TestRepositoryGone(t *testing.T) {
	w := newWorld(t)
	err := w.Update(t.Context(), func(tx *store.Txn) error {
		repo, err := ecr.FindRepository(tx, scope, "app")
		if err != nil {
			return err
		}
		return ecr.DeleteRepository(tx, repo, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.push("app:v1"); err == nil || !strings.Contains(err.Error(), "NAME_UNKNOWN") {
		t.Errorf("got %v", err)
	}
}

// TestAnotherAccount holds that a repository's policy lets another account in,
// to pull or push and to run tasks, and that it is shut out without.
func TestAnotherAccount(t *testing.T) {
	w := newWorld(t)
	digest, err := w.push("app:v1")
	if err != nil {
		t.Fatal(err)
	}
	const other, host = "999999999999", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
	token := ecr.Token{Account: scope.Account, Region: scope.Region, Principal: ecr.RootOf(other), Expires: time.Now().Add(time.Hour)}
	password, err := token.Sign(w.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	login := w.login("AWS", password)
	resolver := &ecrctl.Resolver{Directory: w.directory, Local: w.host}
	theirs := aws.WithCaller(t.Context(), aws.Caller{Account: other, Region: "us-east-1"})
	pull := func() error {
		back, err := remote.Image(w.ref("app:v1"), login)
		if err != nil {
			return err
		}
		return validate.Image(back)
	}
	push := func(text string) error {
		image, err := random.Image(100, 1)
		if err != nil {
			t.Fatal(err)
		}
		return remote.Write(w.ref(text), image, login)
	}
	run := func() error { _, _, err := resolver.Resolve(theirs, host+"/app:v1"); return err }
	try := func(when string, pulls, pushes bool) {
		t.Helper()
		for what, c := range map[string]struct {
			err  error
			fine bool
		}{"pull": {pull(), pulls}, "a task": {run(), pulls}, "push": {push("app:theirs"), pushes}, "an unknown repository": {push("none:v1"), false}} {
			if (c.err == nil) != c.fine || c.err != nil && !strings.Contains(c.err.Error(), "no resource-based policy allows") && !strings.Contains(c.err.Error(), "403 Forbidden") {
				t.Errorf("%s: %s: %v", when, what, c.err)
			}
		}
	}
	allow := func(actions string) {
		t.Helper()
		policy := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + other + `:root"},"Action":[` + actions + `]}}`
		err := w.Update(t.Context(), func(tx *store.Txn) error {
			ecr.RepositoryPolicies.Put(tx, ecr.RepositoryPolicy{Repository: ecr.RepositoryARN(scope, "app"), Text: policy})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const pulling = `"ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"`
	try("without a policy", false, false)
	allow(pulling)
	try("to pull", true, false)
	allow(pulling + `,"ecr:BatchCheckLayerAvailability","ecr:InitiateLayerUpload","ecr:UploadLayerPart","ecr:CompleteLayerUpload","ecr:PutImage"`)
	try("to push", true, true)
	if desc, _, err := resolver.Resolve(theirs, host+"/app:v1"); err != nil || desc.Digest.String() != digest {
		t.Errorf("%v %v", desc, err)
	}
	// Their own repository of the same name doesn't have it, by digest neither.
	err = w.Update(t.Context(), func(tx *store.Txn) error {
		own := aws.Scope{Account: other, Region: "us-east-1"}
		ecr.Repositories.Put(tx, ecr.Repository{ARN: ecr.RepositoryARN(own, "app"), Scope: own, Name: "app", Mutability: ecr.Mutable})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := resolver.Resolve(theirs, w.host+"/app@"+digest); !ok || !errdefs.IsNotFound(err) {
		t.Errorf("by digest: %v %v", ok, err)
	}
}
