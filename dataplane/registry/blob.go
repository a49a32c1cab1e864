package registry

import (
	"io"
	"net/http"
	"strconv"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// serveBlob answers GET and HEAD of a blob, in parts where asked.
func (g *Registry) serveBlob(c *call) error {
	blob, err := parseDigest(c.argument)
	if err != nil {
		return err
	}
	ctx := c.Context()
	if has, err := c.repository.HasBlob(ctx, blob); err != nil || !has {
		if err == nil {
			err = blobUnknown(blob)
		}
		return err
	}
	info, err := g.opts.Content.Info(ctx, blob)
	if missing(err) {
		return blobUnknown(blob)
	}
	if err != nil {
		return err
	}
	reader, err := g.opts.Content.ReaderAt(ctx, ocispec.Descriptor{Digest: blob, Size: info.Size})
	if err != nil {
		return err
	}
	defer reader.Close()
	h := c.ResponseWriter.Header()
	h.Set("Docker-Content-Digest", blob.String())
	h.Set("ETag", `"`+blob.String()+`"`)
	h.Set("Cache-Control", "max-age=31536000, immutable")
	h.Set("Content-Type", "application/octet-stream")
	http.ServeContent(c.ResponseWriter, c.Request, "", time.Time{}, io.NewSectionReader(reader, 0, info.Size))
	return nil
}

// created answers that a blob is here.
func created(c *call, desc ocispec.Descriptor) {
	h := c.ResponseWriter.Header()
	h.Set("Location", "/v2/"+c.name+"/blobs/"+desc.Digest.String())
	h.Set("Docker-Content-Digest", desc.Digest.String())
	h.Set("Content-Length", strconv.Itoa(0))
	c.WriteHeader(http.StatusCreated)
}
