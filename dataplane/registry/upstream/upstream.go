package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxManifest is the size of the largest manifest that is read, in bytes.
const maxManifest = 4 << 20

// Registry is another registry.
type Registry struct {
	// Host is its host, with a port if it isn't the protocol's.
	Host string
	// Plain says that it is spoken to by HTTP without TLS.
	Plain bool
}

// options makes everything that talks to the registry.
func (r Registry) options() docker.ResolverOptions {
	plain := func(string) (bool, error) { return r.Plain, nil }
	return docker.ResolverOptions{Hosts: docker.ConfigureDefaultRegistries(
		docker.WithAuthorizer(docker.NewDockerAuthorizer()), docker.WithPlainHTTP(plain),
	)}
}

// Resolve finds a manifest of a repository by tag or digest. It fails with
// errdefs.ErrNotFound.
func (r Registry) Resolve(ctx context.Context, repository, reference string) (ocispec.Descriptor, error) {
	_, desc, err := docker.NewResolver(r.options()).Resolve(ctx, r.name(repository, reference))
	return desc, err
}

func (r Registry) name(repository, reference string) string {
	if _, err := digest.Parse(reference); err == nil {
		return r.Host + "/" + repository + "@" + reference
	}
	return r.Host + "/" + repository + ":" + reference
}

// Manifest returns the manifest of a descriptor that Resolve found.
func (r Registry) Manifest(ctx context.Context, repository string, desc ocispec.Descriptor) ([]byte, error) {
	if desc.Size > maxManifest {
		return nil, fmt.Errorf("the manifest %s has %d bytes", desc.Digest, desc.Size)
	}
	fetcher, err := docker.NewResolver(r.options()).Fetcher(ctx, r.name(repository, desc.Digest.String()))
	if err != nil {
		return nil, err
	}
	body, err := fetcher.Fetch(ctx, desc)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, maxManifest+1))
	if err == nil && digest.FromBytes(raw) != desc.Digest {
		err = fmt.Errorf("the manifest is not %s", desc.Digest)
	}
	return raw, err
}

// Blob opens a blob of a repository. Whether the content is that of the digest is
// for its reader to see.
func (r Registry) Blob(ctx context.Context, repository string, blob digest.Digest) (io.ReadCloser, error) {
	fetcher, err := docker.NewResolver(r.options()).Fetcher(ctx, r.name(repository, blob.String()))
	if err != nil {
		return nil, err
	}
	byDigest, ok := fetcher.(remotes.FetcherByDigest)
	if !ok {
		return nil, fmt.Errorf("blobs of %s cannot be fetched by digest", r.Host)
	}
	body, _, err := byDigest.FetchByDigest(ctx, blob)
	return body, err
}

// Ping says whether the registry answers to anybody (OCI Distribution
// Specification, "Determining Support").
func (r Registry) Ping(ctx context.Context) error {
	scheme := "https"
	if r.Plain {
		scheme = "http"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+r.Host+"/v2/", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	// A registry that gives to anybody may first want an anonymous token.
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("%s answers %s", r.Host, resp.Status)
	}
	return nil
}
