package ecrctl

import (
	"context"
	"errors"

	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// secretBytes is how long the key is that tokens are signed with.
const secretBytes = 64

// Directory is the ECR tables as the registry sees them.
type Directory struct {
	Store *store.Store
	Clock clock.Clock
	// Cache fetches the images of pull-through rules; nil if there is none.
	Cache *Cache
}

var _ registry.Directory = (*Directory)(nil)

// Prepare makes the key of tokens at the first start.
func (d *Directory) Prepare(ctx context.Context) error {
	secret := aws.Secret(clock.Hex(secretBytes))
	return d.Store.Update(ctx, func(tx *store.Txn) error {
		ecr.EnsureTokenKey(tx, secret)
		return nil
	})
}

// Login implements registry.Directory: it opens the account and region that a
// token of GetAuthorizationToken was made for, or those that a host name of
// AWS's form says; or, without a user, the one layer that a URL was made for.
func (d *Directory) Login(_ context.Context, host, user, password string) (registry.Namespace, error) {
	if user != "" && user != ecr.TokenUser {
		return nil, registry.Unauthorized("the user name is %s", ecr.TokenUser)
	}
	token, err := ecr.ReadToken(d.Store.Snapshot(), password, d.Clock.Now())
	switch {
	case errors.Is(err, ecr.ErrTokenExpired):
		return nil, registry.Denied("Your authorization token has expired. Reauthenticate and try again.")
	case err != nil || (user == "") != (token.Layer != ""):
		return nil, registry.Unauthorized("Your authorization token is not valid.")
	}
	scope := token.Scope()
	if token.Layer != "" {
		return oneLayer{d, scope, token.Layer}, nil
	}
	if named, ok := ecr.RegistryScope(host); ok {
		scope = named
	}
	return namespace{d, scope, token.Principal}, nil
}

// Referenced implements registry.Directory.
func (d *Directory) Referenced(context.Context) (map[digest.Digest]bool, error) {
	needed := ecr.Referenced(d.Store.Snapshot())
	out := make(map[digest.Digest]bool, len(needed))
	for d := range needed {
		out[digest.Digest(d)] = true
	}
	return out, nil
}

// namespace is the repositories of an account and region, for somebody.
type namespace struct {
	*Directory
	scope aws.Scope
	who   ecr.Principal
}

// operations are ECR's names for what the registry does.
var operations = map[registry.Access]string{
	registry.PullManifest: "BatchGetImage", registry.PullBlob: "GetDownloadUrlForLayer", registry.CheckBlob: "BatchCheckLayerAvailability",
	registry.StartUpload: "InitiateLayerUpload", registry.UploadPart: "UploadLayerPart", registry.FinishUpload: "CompleteLayerUpload",
	registry.PushManifest: "PutImage", registry.Delete: "BatchDeleteImage", registry.ListTags: "ListImages",
}

// Repository implements registry.Namespace.
func (n namespace) Repository(_ context.Context, name string, access registry.Access) (registry.Repository, error) {
	r := n.Store.Snapshot()
	if err := ecr.Authorize(r, n.scope, name, n.who, operations[access]); err != nil {
		return nil, refusal(err)
	}
	repo, err := ecr.FindRepository(r, n.scope, name)
	pulls := access == registry.PullManifest || access == registry.PullBlob || access == registry.CheckBlob
	if pulls && n.who.Account == n.scope.Account {
		at := place{n.scope, name}
		if from, ok := n.Cache.sourceOf(r, at); ok {
			shown := ecr.Repository{ARN: at.arn(), Scope: n.scope, Name: name}
			return cachedRepository{repository{n.Directory, &shown}, n.Cache, at, from}, nil
		}
	}
	if err != nil {
		return nil, refusal(err)
	}
	return repository{n.Directory, repo}, nil
}
