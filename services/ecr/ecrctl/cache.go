package ecrctl

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/singleflight"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/dataplane/registry/upstream"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// Keeper keeps content; the registry is one.
type Keeper interface {
	Keep(ctx context.Context, raw []byte, link func() error) error
	Take(ctx context.Context, blob digest.Digest, body io.Reader, link func(size int64) error) error
	Read(ctx context.Context, blob string) ([]byte, error)
}

// Cache fetches what pull-through rules name: a manifest when it is asked for,
// and each of its layers when that is.
type Cache struct {
	*Directory
	Keeper Keeper
	Log    *slog.Logger
	flight singleflight.Group
}

// fetchTime bounds how long one manifest or layer may take; whoever asked may
// have gone, but the next one will be glad.
const fetchTime = time.Hour

// probeTime is how long an upstream registry may take to answer a probe.
const probeTime = 10 * time.Second

// place is a repository, which may not be there yet.
type place struct {
	scope aws.Scope
	name  string
}

func (p place) arn() string { return ecr.RepositoryARN(p.scope, p.name) }

// source is the upstream repository that a rule names.
type source struct {
	upstream.Registry
	name string
}

// sourceOf finds where a repository's images come from, if anywhere.
func (c *Cache) sourceOf(r store.Reader, p place) (source, bool) {
	if c == nil {
		return source{}, false
	}
	rule, name, ok := ecr.PullThrough(r, p.scope, p.name)
	if !ok {
		return source{}, false
	}
	host, plain := ecr.UpstreamHost(rule.UpstreamURL)
	return source{upstream.Registry{Host: host, Plain: plain}, name}, true
}

// Probe says whether an upstream registry answers.
func (c *Cache) Probe(ctx context.Context, url string) error {
	host, plain := ecr.UpstreamHost(url)
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	return upstream.Registry{Host: host, Plain: plain}.Ping(ctx)
}

// FetchImage has an image's manifest here, by tag or digest, if a rule names the
// repository and its registry has the image.
func (c *Cache) FetchImage(ctx context.Context, s aws.Scope, repository, reference string) error {
	if _, err := digest.Parse(reference); err != nil && ecr.CheckTagName(reference) != nil {
		return nil // no registry has such a thing
	}
	at := place{s, repository}
	if from, ok := c.sourceOf(c.Store.Snapshot(), at); ok {
		return c.manifest(ctx, at, from, reference)
	}
	return nil
}

// FetchLayer has a layer here that an image of a rule's repository needs.
func (c *Cache) FetchLayer(ctx context.Context, s aws.Scope, repository, blob string) error {
	at := place{s, repository}
	if from, ok := c.sourceOf(c.Store.Snapshot(), at); ok {
		return c.blob(ctx, at, from, digest.Digest(blob))
	}
	return nil
}

// once does a piece of work for all who want it at the same time, to its end.
func (c *Cache) once(ctx context.Context, key string, fn func(ctx context.Context) error) error {
	result := c.flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		return nil, fn(ctx)
	})
	select {
	case r := <-result:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// manifest has a manifest here, by tag or digest, if the upstream registry has
// it. A tag is looked up again after a day; what is here is good enough while
// the upstream can't be reached.
func (c *Cache) manifest(ctx context.Context, p place, from source, reference string) error {
	have, tag := c.have(p, reference)
	if have != nil && (tag == "" || ecr.UpstreamFresh(c.Store.Snapshot(), p.arn(), tag, c.Clock.Now())) {
		return nil
	}
	err := c.once(ctx, "manifest "+p.arn()+" "+reference, func(ctx context.Context) error {
		desc, err := from.Resolve(ctx, from.name, reference)
		if have != nil && (errdefs.IsNotFound(err) || err == nil && have.Digest == desc.Digest.String()) {
			return c.put(ctx, p, nil, tag)
		}
		if err != nil {
			return err
		}
		raw, err := from.Manifest(ctx, from.name, desc)
		if err != nil {
			return err
		}
		m, err := ecr.ParseManifest(desc.MediaType, raw)
		if err != nil {
			return err
		}
		return c.Keeper.Keep(ctx, raw, func() error { return c.put(ctx, p, m, tag) })
	})
	switch {
	case err == nil || errdefs.IsNotFound(err):
		return nil // it is here, or said to be nowhere
	case have != nil:
		c.Log.Warn("upstream registry cannot be asked: the image that is here is used", "repository", p.arn(), "reference", reference, "error", err)
		return nil
	}
	return unreachable(p, err)
}

// have is what stands under a reference now, and its tag if it is one.
func (c *Cache) have(p place, reference string) (*ecr.Image, string) {
	r := c.Store.Snapshot()
	if d, err := digest.Parse(reference); err == nil {
		image, _ := ecr.ImageByDigest(r, p.arn(), d.String())
		return image, ""
	}
	image, _ := ecr.ImageByTag(r, p.arn(), reference)
	return image, reference
}

func (c *Cache) put(ctx context.Context, p place, m *ecr.Manifest, tag string) error {
	now := c.Clock.Now()
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		ecr.PutCached(tx, p.scope, p.name, m, tag, now)
		return nil
	})
}

// blob has a layer here that an image of the repository needs.
func (c *Cache) blob(ctx context.Context, p place, from source, blob digest.Digest) error {
	r := c.Store.Snapshot()
	if _, ok := ecr.FindLayer(r, p.arn(), blob.String()); ok || !ecr.LayerUsed(r, p.arn(), blob.String()) {
		return nil
	}
	repo, err := ecr.FindRepository(r, p.scope, p.name)
	if err != nil {
		return err
	}
	err = c.once(ctx, "blob "+p.arn()+" "+blob.String(), func(ctx context.Context) error {
		body, err := from.Blob(ctx, from.name, blob)
		if err != nil {
			return err
		}
		defer body.Close()
		return c.Keeper.Take(ctx, blob, body, func(size int64) error {
			return c.Store.Update(ctx, func(tx *store.Txn) error {
				return ecr.PutLayer(tx, repo, ecr.Layer{Digest: blob.String(), Size: size, UploadedAt: c.Clock.Now()})
			})
		})
	})
	if err != nil {
		return unreachable(p, err)
	}
	return nil
}

func unreachable(p place, err error) error {
	return fmt.Errorf("%w: %w", registry.Refuse(http.StatusBadGateway, "UNKNOWN", "the upstream registry of '%s' cannot be pulled from: %v", p.name, err), err)
}
