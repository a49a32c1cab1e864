package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
)

// maxManifest is the size of the largest manifest, in bytes (Amazon ECR API
// Reference, PutImage).
const maxManifest = 4 << 20

// serveManifest answers GET and HEAD of a manifest by tag or digest.
func (g *Registry) serveManifest(c *call) error {
	desc, err := c.repository.Manifest(c.Context(), c.argument)
	if err != nil {
		return err
	}
	raw, err := g.Read(c.Context(), desc.Digest.String())
	if missing(err) {
		return ManifestUnknown("the content of %s is gone", desc.Digest)
	}
	if err != nil {
		return err
	}
	h := c.ResponseWriter.Header()
	h.Set("Content-Type", desc.MediaType)
	h.Set("Docker-Content-Digest", desc.Digest.String())
	h.Set("ETag", `"`+desc.Digest.String()+`"`)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	c.WriteHeader(http.StatusOK)
	if c.Method != http.MethodHead {
		_, _ = c.ResponseWriter.Write(raw) // a client that went away needs no answer
	}
	return nil
}

// putManifest takes a manifest under a tag or its digest.
func (g *Registry) putManifest(c *call) error {
	raw, err := io.ReadAll(io.LimitReader(c.Body, maxManifest+1))
	if err != nil {
		return Refuse(http.StatusBadRequest, "MANIFEST_INVALID", "the body broke off")
	}
	if len(raw) > maxManifest {
		return Refuse(http.StatusRequestEntityTooLarge, "MANIFEST_INVALID", "a manifest has at most %d bytes", maxManifest)
	}
	m := Manifest{MediaType: c.Request.Header.Get("Content-Type"), Digest: digest.FromBytes(raw), Raw: raw}
	tag := c.argument
	if given, err := digest.Parse(tag); err == nil {
		if given != m.Digest {
			return digestInvalid("the manifest's digest is %s, not %s", m.Digest, given)
		}
		tag = ""
	}
	var put Put
	err = g.Keep(c.Context(), raw, func() error {
		put, err = c.repository.PutManifest(c.Context(), m, tag)
		return err
	})
	if err != nil {
		return err
	}
	h := c.ResponseWriter.Header()
	h.Set("Location", "/v2/"+c.name+"/manifests/"+m.Digest.String())
	h.Set("Docker-Content-Digest", m.Digest.String())
	if put.Subject != "" {
		h.Set("OCI-Subject", put.Subject.String())
	}
	c.WriteHeader(http.StatusCreated)
	return nil
}

// deleteManifest removes a tag or a manifest.
func (g *Registry) deleteManifest(c *call) error {
	if err := c.repository.DeleteManifest(c.Context(), c.argument); err != nil {
		return err
	}
	c.WriteHeader(http.StatusAccepted)
	return nil
}

// Keep writes a small blob, such as a manifest, and has it recorded by link
// before anybody could free it. What link doesn't record is freed by Sweep.
func (g *Registry) Keep(ctx context.Context, raw []byte, link func() error) error {
	g.linking.RLock()
	defer g.linking.RUnlock()
	desc := ocispec.Descriptor{Digest: digest.FromBytes(raw), Size: int64(len(raw))}
	w, err := g.opts.Content.Writer(ctx, content.WithRef(refPrefix+clock.UUID()), content.WithDescriptor(desc))
	if err == nil {
		err = content.Copy(ctx, w, bytes.NewReader(raw), desc.Size, desc.Digest)
		err = errors.Join(err, w.Close())
	}
	if err != nil && !errdefs.IsAlreadyExists(err) {
		return fmt.Errorf("keep %s: %w", desc.Digest, err)
	}
	return link()
}

// Read returns a small blob by its digest; errdefs.ErrNotFound if it isn't here.
func (g *Registry) Read(ctx context.Context, blob string) ([]byte, error) {
	info, err := g.opts.Content.Info(ctx, digest.Digest(blob))
	if err != nil {
		return nil, err
	}
	if info.Size > maxManifest {
		return nil, fmt.Errorf("%s has %d bytes, too many for a manifest", blob, info.Size)
	}
	return content.ReadBlob(ctx, g.opts.Content, ocispec.Descriptor{Digest: info.Digest, Size: info.Size})
}

// Sweep throws away uploads that rest for too long, and lets go of content that
// no repository needs.
func (g *Registry) Sweep(ctx context.Context) error {
	if err := g.uploads.expire(ctx); err != nil {
		return fmt.Errorf("end old uploads: %w", err)
	}
	g.linking.Lock()
	defer g.linking.Unlock()
	needed, err := g.opts.Directory.Referenced(ctx)
	if err != nil {
		return err
	}
	return g.opts.Content.Retain(ctx, func(d digest.Digest) bool { return needed[d] })
}
