package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
)

// startUpload begins an upload, takes a whole blob in one request, or mounts a
// blob of another repository of the caller's.
func (g *Registry) startUpload(c *call) error {
	query := c.URL.Query()
	if mount := query.Get("mount"); mount != "" {
		done, err := g.mount(c, mount, query.Get("from"))
		if done || err != nil {
			return err
		}
	}
	c.argument = clock.UUID()
	up, err := g.uploads.take(c.Context(), uploadRef(c.repository.ID(), c.argument), true)
	if err != nil {
		return err
	}
	defer g.uploads.release(up)
	if query.Has("digest") {
		return g.complete(c, up)
	}
	return accepted(c, up, http.StatusAccepted)
}

// mount adds a blob that another repository has. Where it doesn't, the client
// uploads it: that is no error.
func (g *Registry) mount(c *call, text, from string) (bool, error) {
	blob, err := parseDigest(text)
	if err != nil || from == "" {
		return false, err
	}
	var refusal *Error
	other, err := c.namespace.Repository(c.Context(), from, PullBlob)
	if errors.As(err, &refusal) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	g.linking.RLock()
	defer g.linking.RUnlock()
	if has, err := other.HasBlob(c.Context(), blob); err != nil || !has {
		return false, err
	}
	info, err := g.opts.Content.Info(c.Context(), blob)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	desc := ocispec.Descriptor{Digest: blob, Size: info.Size}
	if err := c.repository.AddBlob(c.Context(), desc); err != nil {
		return false, err
	}
	created(c, desc)
	return true, nil
}

// held gives the request its upload.
func (g *Registry) held(c *call) (*upload, error) {
	return g.uploads.take(c.Context(), uploadRef(c.repository.ID(), c.argument), false)
}

// uploadStatus says how far an upload is.
func (g *Registry) uploadStatus(c *call) error {
	up, err := g.held(c)
	if err != nil {
		return err
	}
	defer g.uploads.release(up)
	return accepted(c, up, http.StatusNoContent)
}

// continueUpload adds a chunk.
func (g *Registry) continueUpload(c *call) error {
	up, err := g.held(c)
	if err != nil {
		return err
	}
	defer g.uploads.release(up)
	if err := g.receive(c, up); err != nil {
		return err
	}
	return accepted(c, up, http.StatusAccepted)
}

// receive appends a request's body to an upload. A body that breaks off leaves
// what came: the client asks for the status and goes on from there. An upload
// that can't be written is thrown away.
func (g *Registry) receive(c *call, up *upload) error {
	offset, err := up.offset()
	if err != nil {
		return err
	}
	if given := c.Request.Header.Get("Content-Range"); given != "" {
		begin, end, err := parseRange(given)
		if err != nil {
			return err
		}
		if begin != offset || c.ContentLength >= 0 && end-begin+1 != c.ContentLength {
			progress(c, up, offset)
			return Refuse(http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", "the upload has %d bytes and goes on there", offset)
		}
	}
	body := &source{Reader: c.Body}
	err = up.append(body)
	if after, e := up.offset(); body.failed != nil && e == nil {
		progress(c, up, after)
		return uploadInvalid("the body broke off")
	}
	if err != nil {
		// What can't be written can't be gone on with, and a disk that is full
		// has better uses for what came.
		err = errors.Join(err, g.uploads.forget(context.WithoutCancel(c.Context()), up))
	}
	return err
}

// source remembers why a body could not be read, which is the client's matter;
// that it could not be written is ours.
type source struct {
	io.Reader
	failed error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

// finishUpload adds what is left and makes the upload a blob.
func (g *Registry) finishUpload(c *call) error {
	up, err := g.held(c)
	if err != nil {
		return err
	}
	defer g.uploads.release(up)
	return g.complete(c, up)
}

// complete receives the last bytes, verifies the digest and records the blob.
// An upload that lies about its digest is thrown away.
func (g *Registry) complete(c *call, up *upload) error {
	expected, err := parseDigest(c.URL.Query().Get("digest"))
	if err != nil {
		return err
	}
	if err := g.receive(c, up); err != nil {
		return err
	}
	size, err := up.offset()
	if err != nil {
		return err
	}
	desc := ocispec.Descriptor{Digest: expected, Size: size}
	// The client may go away, but what was committed shall be recorded.
	ctx := context.WithoutCancel(c.Context())
	if err := g.link(ctx, up, desc, func() error { return c.repository.AddBlob(ctx, desc) }); err != nil {
		return err
	}
	created(c, desc)
	return nil
}

// link commits an upload and has it recorded before anybody could free it.
func (g *Registry) link(ctx context.Context, up *upload, desc ocispec.Descriptor, record func() error) error {
	g.linking.RLock()
	defer g.linking.RUnlock()
	if err := g.commit(ctx, up, desc.Size, desc.Digest); err != nil {
		return err
	}
	return record()
}

func (g *Registry) commit(ctx context.Context, up *upload, size int64, expected digest.Digest) error {
	got := up.Digest()
	if got != expected {
		return errors.Join(digestInvalid("the content's digest is %s, not %s", got, expected), g.uploads.forget(ctx, up))
	}
	if err := up.Commit(ctx, size, expected); err != nil && !errdefs.IsAlreadyExists(err) {
		return errors.Join(fmt.Errorf("commit blob: %w", err), g.uploads.forget(ctx, up))
	}
	return g.uploads.forget(ctx, up)
}

// cancelUpload throws an upload away.
func (g *Registry) cancelUpload(c *call) error {
	up, err := g.held(c)
	if err != nil {
		return err
	}
	defer g.uploads.release(up)
	if err := g.uploads.forget(c.Context(), up); err != nil {
		return err
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}

func accepted(c *call, up *upload, status int) error {
	offset, err := up.offset()
	if err != nil {
		return err
	}
	progress(c, up, offset)
	c.WriteHeader(status)
	return nil
}

// progress says how far an upload is, as the specification counts: by the last
// byte, also when there is none.
func progress(c *call, up *upload, offset int64) {
	h := c.ResponseWriter.Header()
	h.Set("Location", "/v2/"+c.name+"/blobs/uploads/"+c.argument)
	h.Set("Docker-Upload-UUID", c.argument)
	h.Set("Range", "0-"+strconv.FormatInt(max(0, offset-1), 10))
}

// parseRange reads the Content-Range of a chunk, "<first byte>-<last byte>".
func parseRange(text string) (begin, end int64, err error) {
	text = strings.TrimPrefix(text, "bytes ")
	text, _, _ = strings.Cut(text, "/")
	from, to, ok := strings.Cut(text, "-")
	begin, errBegin := strconv.ParseInt(from, 10, 64)
	end, errEnd := strconv.ParseInt(to, 10, 64)
	if !ok || errBegin != nil || errEnd != nil || begin < 0 || end < begin {
		return 0, 0, uploadInvalid("%q is not a range", text)
	}
	return begin, end, nil
}
