package ecrctl

import (
	"context"
	"strings"

	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/services/ecr"
)

// oneLayer is what a URL of GetDownloadUrlForLayer opens: a layer of a
// repository. Whether its maker may have it was asked when it was made.
type oneLayer struct {
	*Directory
	scope aws.Scope
	// layer is the repository's name and the layer's digest.
	layer string
}

// Repository implements registry.Namespace.
func (n oneLayer) Repository(_ context.Context, name string, access registry.Access) (registry.Repository, error) {
	own, blob, _ := strings.Cut(n.layer, "@")
	if name != own || access != registry.PullBlob && access != registry.CheckBlob {
		return nil, registry.Denied("the URL is for the layer %s alone", n.layer)
	}
	repo, err := ecr.FindRepository(n.Store.Snapshot(), n.scope, name)
	if err != nil {
		return nil, refusal(err)
	}
	return layerOnly{repository{n.Directory, repo}, digest.Digest(blob)}, nil
}

// layerOnly is a repository with a single layer.
type layerOnly struct {
	repository
	blob digest.Digest
}

// HasBlob implements registry.Repository.
func (r layerOnly) HasBlob(ctx context.Context, blob digest.Digest) (bool, error) {
	if blob != r.blob {
		return false, nil
	}
	return r.repository.HasBlob(ctx, blob)
}
