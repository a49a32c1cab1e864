package ecr_test

import (
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

func TestPullThrough(t *testing.T) {
	w := newWorld(t, nil)
	rule := func(prefix, upstream string) ecr.PullThroughRule {
		return ecr.PullThroughRule{Scope: scope, Prefix: prefix, UpstreamURL: "quay.io", UpstreamPrefix: upstream, CreatedAt: now}
	}
	w.do(func(tx *store.Txn) error {
		for _, r := range []ecr.PullThroughRule{rule("hub", "ROOT"), rule("hub/team", "org"), rule("quay/a", "ROOT")} {
			if err := ecr.PutPullThroughRule(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	for repository, want := range map[string]string{
		"hub/library/nginx": "hub: library/nginx", "hub/nginx": "hub: nginx", "hub/team/app": "hub/team: org/app", "hub/team/x/y": "hub/team: org/x/y",
		"hub": "", "hubs/nginx": "", "quay/app": "", "quay/a": "", "quay/a/b": "quay/a: b",
	} {
		got := ""
		if r, name, ok := ecr.PullThrough(w.Snapshot(), scope, repository); ok {
			got = r.Prefix + ": " + name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", repository, got, want)
		}
	}
	if _, _, ok := ecr.PullThrough(w.Snapshot(), aws.Scope{Account: scope.Account, Region: "us-east-1"}, "hub/nginx"); ok {
		t.Error("a rule holds in another region")
	}
	w.do(func(tx *store.Txn) error { return ecr.PutPullThroughRule(tx, rule("ROOT", "ROOT")) })
	if r, name, ok := ecr.PullThrough(w.Snapshot(), scope, "nginx"); !ok || r.Prefix != "ROOT" || name != "nginx" {
		t.Errorf("by the root rule: %+v %s", r, name)
	}
	err := w.Update(t.Context(), func(tx *store.Txn) error { return ecr.PutPullThroughRule(tx, rule("hub", "x")) })
	if code(err) != "PullThroughCacheRuleAlreadyExistsException" {
		t.Errorf("again: %v", err)
	}
	if r, err := ecr.FindPullThroughRule(w.Snapshot(), scope, "hub/"); err != nil || r.Prefix != "hub" {
		t.Errorf("with a slash: %+v %v", r, err)
	}
}

func TestCheckUpstream(t *testing.T) {
	for url, want := range map[string]string{
		"public.ecr.aws": "ecr-public", "registry-1.docker.io": "docker-hub", "mine.azurecr.io": "azure-container-registry",
		"http://127.0.0.1:5000": "near", "localhost:5000": "near", "https://10.0.0.7": "near", "http://[::1]:5000": "near", "192.168.1.2:80": "near",
		"example.com": "", "https://quay.io": "", "http://8.8.8.8:5000": "", "": "", "123456789012.dkr.ecr.eu-west-1.amazonaws.com": "", "evil.io/127.0.0.1": "",
		"127.0.0.1:5000/path": "",
	} {
		name, err := ecr.CheckUpstream(url)
		got := name
		if err == nil && name == "" {
			got = "near"
		}
		if got != want || (err != nil) != (want == "") || err != nil && code(err) != "UnsupportedUpstreamRegistryException" {
			t.Errorf("%s: %q %v", url, got, err)
		}
	}
	for url, want := range map[string]string{"http://127.0.0.1:5000/": "127.0.0.1:5000 plain", "https://10.0.0.7": "10.0.0.7", "quay.io": "quay.io", "http://quay.io": "quay.io"} {
		host, plain := ecr.UpstreamHost(url)
		if plain {
			host += " plain"
		}
		if host != want {
			t.Errorf("%s: %s", url, host)
		}
	}
}

// TestPutCached holds that a pulled manifest needs none of its layers here, and
// makes its repository.
func TestPutCached(t *testing.T) {
	w := newWorld(t, nil)
	const name = "hub/library/nginx"
	arn := ecr.RepositoryARN(scope, name)
	first, second := manifest(t, "config", "layer"), manifest(t, "another")
	put := func(m *ecr.Manifest, at time.Time) {
		w.do(func(tx *store.Txn) error { ecr.PutCached(tx, scope, name, m, "latest", at); return nil })
	}
	put(first, now)
	repo, err := ecr.FindRepository(w.Snapshot(), scope, name)
	if err != nil || repo.Mutability != ecr.Mutable || !repo.CreatedAt.Equal(now) {
		t.Errorf("%+v %v", repo, err)
	}
	image, ok := ecr.ImageByTag(w.Snapshot(), arn, "latest")
	if !ok || image.Digest != first.Digest || image.Size != int64(len("config")+len("layer")) {
		t.Errorf("%+v", image)
	}
	for after, fresh := range map[time.Duration]bool{23 * time.Hour: true, 24 * time.Hour: false} {
		if ecr.UpstreamFresh(w.Snapshot(), arn, "latest", now.Add(after)) != fresh {
			t.Errorf("after %s: fresh is not %t", after, fresh)
		}
	}
	put(nil, now.Add(24*time.Hour))
	if !ecr.UpstreamFresh(w.Snapshot(), arn, "latest", now.Add(25*time.Hour)) {
		t.Error("a look-up is not remembered")
	}
	put(second, now)
	if image, _ := ecr.ImageByTag(w.Snapshot(), arn, "latest"); image.Digest != second.Digest {
		t.Error("the tag has not moved")
	}
	if image, ok := ecr.ImageByDigest(w.Snapshot(), arn, first.Digest); !ok || strings.Join(image.Tags, "") != "" {
		t.Errorf("the old image: %+v", image)
	}
	w.do(func(tx *store.Txn) error { return ecr.DeleteRepository(tx, repo, true) })
	for range ecr.UpstreamChecks.All(w.Snapshot()) {
		t.Error("a look-up is left")
	}
}
