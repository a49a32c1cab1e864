package ecrapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// probe is an upstream registry that fails with an error.
type probe struct {
	err     error
	fetched []string
}

func (p *probe) FetchImage(_ context.Context, _ aws.Scope, repository, reference string) error {
	p.fetched = append(p.fetched, repository+":"+reference)
	return p.err
}

func (p *probe) FetchLayer(_ context.Context, _ aws.Scope, repository, digest string) error {
	p.fetched = append(p.fetched, repository+"@"+digest)
	return p.err
}

// TestPullThroughFetch holds that what a rule names is fetched for its own
// account, and that the upstream's failure has AWS's code.
func TestPullThroughFetch(t *testing.T) {
	w := newWorld(t)
	up := &probe{err: errors.New("connection refused")}
	w.Upstream = up
	const layer = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	image := func(ctx context.Context, repository string) error {
		_, err := w.BatchGetImage(ctx, &BatchGetImageInput{RepositoryName: &repository, RegistryId: &caller.Account, ImageIds: []ImageIdentifier{{}, {ImageTag: wire.Ptr("v1")}, {ImageDigest: wire.Ptr(layer)}}})
		return err
	}
	blob := func(repository string) error {
		_, err := w.GetDownloadUrlForLayer(w.ctx, &GetDownloadUrlForLayerInput{RepositoryName: &repository, LayerDigest: wire.Ptr(layer)})
		return err
	}
	w.fine("no rule", image(w.ctx, *app))
	w.update(func(tx *store.Txn) error {
		return ecr.PutPullThroughRule(tx, ecr.PullThroughRule{Scope: caller.Scope(), Prefix: "hub", UpstreamURL: "quay.io", UpstreamPrefix: "ROOT"})
	})
	w.refused("upstream", image(w.ctx, "hub/nginx"), "UnableToGetUpstreamImageException", "")
	w.refused("upstream's layer", blob("hub/nginx"), "UnableToGetUpstreamLayerException", "")
	stranger := aws.WithCaller(t.Context(), aws.Caller{Account: "999999999999", Region: caller.Region})
	w.refused("a stranger", image(stranger, "hub/nginx"), ecr.CodeAccessDenied, "")
	up.err = nil
	w.refused("nowhere", image(w.ctx, "hub/nginx"), ecr.CodeRepositoryNotFound, "")
	if got := strings.Join(up.fetched, " "); got != "hub/nginx:v1 hub/nginx@"+layer+" hub/nginx:v1 hub/nginx:"+layer {
		t.Errorf("fetched %s", got)
	}
}

func (p *probe) Probe(_ context.Context, url string) error {
	if url != "http://127.0.0.1:5000" {
		return errors.New("another was asked: " + url)
	}
	return p.err
}

func TestPullThroughRules(t *testing.T) {
	w := newWorld(t)
	up := &probe{}
	w.Upstream = up
	create := func(prefix, url string) (*CreatePullThroughCacheRuleOutput, error) {
		return w.CreatePullThroughCacheRule(w.ctx, &CreatePullThroughCacheRuleInput{EcrRepositoryPrefix: &prefix, UpstreamRegistryUrl: &url})
	}
	made, err := create("near/", "http://127.0.0.1:5000")
	if err != nil || *made.EcrRepositoryPrefix != "near" || *made.UpstreamRepositoryPrefix != "ROOT" || made.UpstreamRegistry != nil {
		t.Errorf("%+v %v", made, err)
	}
	made, err = create("hub", "registry-1.docker.io")
	if err != nil || *made.UpstreamRegistry != "docker-hub" || *made.RegistryId != caller.Account {
		t.Errorf("%+v %v", made, err)
	}
	_, err = create("hub", "quay.io")
	w.refused("again", err, "PullThroughCacheRuleAlreadyExistsException", "")
	_, err = create("other", "example.com")
	w.refused("any registry", err, "UnsupportedUpstreamRegistryException", "")
	secret := wire.Ptr("arn:aws:secretsmanager:eu-west-1:123456789012:secret:ecr-pullthroughcache/hub-1")
	_, err = w.CreatePullThroughCacheRule(w.ctx, &CreatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("x"), UpstreamRegistryUrl: wire.Ptr("quay.io"), CredentialArn: secret})
	w.refused("credentials", err, ecr.CodeInvalidParameter, "")
	_, err = w.CreatePullThroughCacheRule(w.ctx, &CreatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("x"), UpstreamRegistryUrl: wire.Ptr("quay.io"), UpstreamRegistry: wire.Ptr("k8s")})
	w.refused("another name", err, ecr.CodeInvalidParameter, "")
	_, err = w.CreatePullThroughCacheRule(w.ctx, &CreatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("x"), UpstreamRegistryUrl: wire.Ptr("quay.io"), RegistryId: wire.Ptr("999999999999")})
	w.refused("another account", err, ecr.CodeAccessDenied, "")

	var listed []string
	for token := (*string)(nil); ; {
		page, err := w.DescribePullThroughCacheRules(w.ctx, &DescribePullThroughCacheRulesInput{MaxResults: wire.Ptr(int32(1)), NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.PullThroughCacheRules {
			listed = append(listed, *r.EcrRepositoryPrefix)
		}
		if token = page.NextToken; token == nil {
			break
		}
	}
	if strings.Join(listed, " ") != "hub near" {
		t.Errorf("listed %v", listed)
	}
	one, err := w.DescribePullThroughCacheRules(w.ctx, &DescribePullThroughCacheRulesInput{EcrRepositoryPrefixes: []string{"near"}})
	if err != nil || len(one.PullThroughCacheRules) != 1 || *one.PullThroughCacheRules[0].UpstreamRegistryUrl != "http://127.0.0.1:5000" {
		t.Errorf("%+v %v", one, err)
	}
	const gone = "PullThroughCacheRuleNotFoundException"
	_, err = w.DescribePullThroughCacheRules(w.ctx, &DescribePullThroughCacheRulesInput{EcrRepositoryPrefixes: []string{"none"}})
	w.refused("none", err, gone, "")

	for _, fault := range []error{nil, errors.New("connection refused")} {
		up.err = fault
		got, err := w.ValidatePullThroughCacheRule(w.ctx, &ValidatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("near")})
		if err != nil || *got.IsValid != (fault == nil) || (got.Failure == nil) != (fault == nil) {
			t.Errorf("%+v %v", got, err)
		}
	}
	updated, err := w.UpdatePullThroughCacheRule(w.ctx, &UpdatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("near")})
	if err != nil || !updated.UpdatedAt.Equal(w.Clock.Now()) {
		t.Errorf("%+v %v", updated, err)
	}
	_, err = w.UpdatePullThroughCacheRule(w.ctx, &UpdatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("near"), CredentialArn: secret})
	w.refused("new credentials", err, ecr.CodeInvalidParameter, "")

	deleted, err := w.DeletePullThroughCacheRule(w.ctx, &DeletePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("near")})
	if err != nil || *deleted.EcrRepositoryPrefix != "near" {
		t.Errorf("%+v %v", deleted, err)
	}
	_, err = w.DeletePullThroughCacheRule(w.ctx, &DeletePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("near")})
	w.refused("delete", err, gone, "")
	_, err = w.UpdatePullThroughCacheRule(w.ctx, &UpdatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("near")})
	w.refused("update", err, gone, "")
	stranger := aws.WithCaller(t.Context(), aws.Caller{Account: "999999999999", Region: caller.Region})
	_, err = w.ValidatePullThroughCacheRule(stranger, &ValidatePullThroughCacheRuleInput{EcrRepositoryPrefix: wire.Ptr("hub")})
	w.refused("a stranger", err, gone, "")
}
