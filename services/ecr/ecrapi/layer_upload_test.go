package ecrapi

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/url"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

// pieces is one upload, as the registry keeps it.
type pieces struct {
	id, repository string
	data           []byte
	last, smallest int64
}

func (p *pieces) StartUpload(_ context.Context, repository string) (string, error) {
	*p = pieces{id: "01234567-89ab-cdef-0123-456789abcdef", repository: repository, smallest: math.MaxInt64}
	return p.id, nil
}

func (p *pieces) UploadState(_ context.Context, repository, id string) (size, smallest int64, err error) {
	if repository != p.repository || id != p.id {
		return 0, 0, errdefs.ErrNotFound
	}
	return int64(len(p.data)), p.smallest, nil
}

func (p *pieces) AppendPart(_ context.Context, _, _ string, first int64, part []byte) (int64, error) {
	if first != int64(len(p.data)) {
		return int64(len(p.data)), errdefs.ErrOutOfRange
	}
	if p.last > 0 {
		p.smallest = min(p.smallest, p.last)
	}
	p.data, p.last = append(p.data, part...), int64(len(part))
	return int64(len(p.data)), nil
}

func (p *pieces) CompleteUpload(_ context.Context, _, _, want string, link func(int64) error) error {
	if digest.FromBytes(p.data).String() != want {
		return errdefs.ErrInvalidArgument
	}
	return link(int64(len(p.data)))
}

// begin starts an upload and adds parts to it.
func (w *world) begin(parts ...[]byte) *string {
	w.Helper()
	out, err := w.InitiateLayerUpload(w.ctx, &InitiateLayerUploadInput{RepositoryName: app})
	if err != nil || *out.PartSize != 5<<20 {
		w.Fatal(out, err)
	}
	first := int64(0)
	for _, part := range parts {
		last := first + int64(len(part)) - 1
		got, err := w.UploadLayerPart(w.ctx, &UploadLayerPartInput{RepositoryName: app, UploadId: out.UploadId, PartFirstByte: &first, PartLastByte: &last, LayerPartBlob: part})
		if err != nil || *got.LastByteReceived != last {
			w.Fatal(got, err)
		}
		first = last + 1
	}
	return out.UploadId
}

func (w *world) complete(id *string, digests ...string) error {
	_, err := w.CompleteLayerUpload(w.ctx, &CompleteLayerUploadInput{RepositoryName: app, UploadId: id, LayerDigests: digests})
	return err
}

func TestLayerUpload(t *testing.T) {
	w := newWorld(t)
	big, rest := bytes.Repeat([]byte("x"), 5<<20), []byte("rest")
	layer := digest.FromBytes(append(bytes.Clone(big), rest...)).String()
	w.fine("two parts", w.complete(w.begin(big, rest), layer))
	got, ok := ecr.FindLayer(w.Store.Snapshot(), ecr.RepositoryARN(caller.Scope(), *app), layer)
	if !ok || got.Size != 5<<20+4 {
		t.Errorf("%+v", got)
	}
	w.refused("again", w.complete(w.begin(big, rest), layer), "LayerAlreadyExistsException", "")
	w.refused("a small part before", w.complete(w.begin(rest, big), layer), "LayerPartTooSmallException", "")
	w.refused("nothing", w.complete(w.begin(), layer), "EmptyUploadException", "")
	w.refused("another digest", w.complete(w.begin(rest), digest.FromString("lie").String()), "InvalidLayerException", "")
	w.refused("two digests", w.complete(w.begin(rest), layer, layer), ecr.CodeInvalidParameter, "")
	const id = "01234567-89ab-cdef-0123-456789abcdee"
	w.refused("an unknown upload", w.complete(wire.Ptr(id), layer), "UploadNotFoundException",
		"The upload with id '"+id+"' does not exist in the repository with name 'app' in the registry with id '123456789012'")
}

func TestLayerPartRefused(t *testing.T) {
	w := newWorld(t)
	id := w.begin([]byte("four"))
	for what, c := range map[string]struct {
		first, last int64
		blob        string
	}{"a gap": {5, 5, "x"}, "what is there": {0, 3, "four"}, "more than there is": {4, 9, "x"}, "nothing": {4, 3, ""}} {
		_, err := w.UploadLayerPart(w.ctx, &UploadLayerPartInput{RepositoryName: app, UploadId: id, PartFirstByte: &c.first, PartLastByte: &c.last, LayerPartBlob: []byte(c.blob)})
		w.refused(what, err, "InvalidLayerPartException", "")
		var e *aws.Error
		if errors.As(err, &e) && (e.Fields["lastValidByteReceived"] != int64(3) || e.Fields["uploadId"] != *id || e.Fields["repositoryName"] != "app") {
			t.Errorf("%s: %+v", what, e.Fields)
		}
	}
	_, err := w.UploadLayerPart(w.ctx, &UploadLayerPartInput{RepositoryName: app, UploadId: wire.Ptr("none"), PartFirstByte: wire.Ptr(int64(0)), PartLastByte: wire.Ptr(int64(0)), LayerPartBlob: []byte("x")})
	w.refused("an unknown upload", err, "UploadNotFoundException", "")
}

func TestGetDownloadUrlForLayer(t *testing.T) {
	w := newWorld(t)
	get := func(d string) (*GetDownloadUrlForLayerOutput, error) {
		return w.GetDownloadUrlForLayer(w.ctx, &GetDownloadUrlForLayerInput{RepositoryName: app, LayerDigest: &d})
	}
	_, err := get(digest.FromString("none").String())
	w.refused("none", err, ecr.CodeLayersNotFound, "")
	_, err = get(w.layer("loose"))
	w.refused("of no image", err, "LayerInaccessibleException", "")
	w.put("config", "v1")
	out, err := get(digest.FromString("config").String())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(*out.DownloadUrl)
	if err != nil || u.Host != "127.0.0.1:4566" || !strings.HasPrefix(u.Path, "/v2/app/blobs/sha256:") {
		t.Errorf("%s %v", u, err)
	}
	token, err := ecr.ReadToken(w.Store.Snapshot(), u.Query().Get("token"), w.Clock.Now())
	if err != nil || token.Layer != "app@"+*out.LayerDigest || token.Expires.Sub(w.Clock.Now()).Hours() != 1 {
		t.Errorf("%+v %v", token, err)
	}
}
