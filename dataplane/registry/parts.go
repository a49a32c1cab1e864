package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"

	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/internal/clock"
)

// StartUpload begins an upload into a repository, by its ID, for a caller that
// doesn't come by /v2/. It goes on with AppendPart and ends with CompleteUpload;
// one that rests is thrown away as any other.
func (g *Registry) StartUpload(ctx context.Context, repository string) (id string, err error) {
	id = clock.UUID()
	up, err := g.uploads.take(ctx, uploadRef(repository, id), true)
	if err != nil {
		return "", err
	}
	g.uploads.release(up)
	return id, nil
}

// UploadState returns the size of an upload and that of its smallest part but
// the last, which is very great if there is none. It fails with
// errdefs.ErrNotFound.
func (g *Registry) UploadState(ctx context.Context, repository, id string) (size, smallest int64, err error) {
	err = g.holding(ctx, repository, id, func(up *upload) error {
		size, err = up.offset()
		smallest = up.smallest
		return err
	})
	if smallest == 0 {
		smallest = math.MaxInt64
	}
	return size, smallest, err
}

// AppendPart adds a part that begins at a byte, and returns the size of the
// upload. It fails with errdefs.ErrNotFound, and with errdefs.ErrOutOfRange if
// the upload doesn't end where the part begins.
func (g *Registry) AppendPart(ctx context.Context, repository, id string, first int64, part []byte) (size int64, err error) {
	err = g.holding(ctx, repository, id, func(up *upload) error {
		if size, err = up.offset(); err != nil {
			return err
		}
		if first != size {
			return fmt.Errorf("the upload has %d bytes: %w", size, errdefs.ErrOutOfRange)
		}
		if err := up.append(bytes.NewReader(part)); err != nil {
			return errors.Join(err, g.uploads.forget(context.WithoutCancel(ctx), up))
		}
		if up.last > 0 && (up.smallest == 0 || up.last < up.smallest) {
			up.smallest = up.last
		}
		up.last = int64(len(part))
		size, err = up.offset()
		return err
	})
	return size, err
}

// CompleteUpload makes an upload a blob and has it recorded by link, with its
// size. It fails with errdefs.ErrNotFound, and with errdefs.ErrInvalidArgument
// if the content isn't that of the digest; the upload is gone then.
func (g *Registry) CompleteUpload(ctx context.Context, repository, id, blob string, link func(size int64) error) error {
	expected, err := parseDigest(blob)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errdefs.ErrInvalidArgument)
	}
	return g.holding(ctx, repository, id, func(up *upload) error {
		size, err := up.offset()
		if err != nil {
			return err
		}
		err = g.link(context.WithoutCancel(ctx), up, ocispec.Descriptor{Digest: expected, Size: size}, func() error { return link(size) })
		var refusal *Error
		if errors.As(err, &refusal) {
			return fmt.Errorf("%w: %w", err, errdefs.ErrInvalidArgument)
		}
		return err
	})
}

// holding runs fn with an upload for its own.
func (g *Registry) holding(ctx context.Context, repository, id string, fn func(*upload) error) error {
	up, err := g.uploads.take(ctx, uploadRef(repository, id), false)
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusNotFound {
		return fmt.Errorf("%w: %w", err, errdefs.ErrNotFound)
	}
	if err != nil {
		return err
	}
	defer g.uploads.release(up)
	return fn(up)
}

// Take writes a blob of any size that comes from elsewhere and has it recorded
// by link, with its size. Content of another digest is thrown away.
func (g *Registry) Take(ctx context.Context, blob digest.Digest, body io.Reader, link func(size int64) error) error {
	up, err := g.uploads.take(ctx, uploadRef("taken", clock.UUID()), true)
	if err != nil {
		return err
	}
	defer g.uploads.release(up)
	size := int64(0)
	if err = up.append(body); err == nil {
		size, err = up.offset()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("take %s: %w", blob, err), g.uploads.forget(context.WithoutCancel(ctx), up))
	}
	return g.link(ctx, up, ocispec.Descriptor{Digest: blob, Size: size}, func() error { return link(size) })
}
