package ecrapi

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

var caller = aws.Caller{Account: "123456789012", Region: "eu-west-1", ARN: "arn:aws:iam::123456789012:root"}

// memory keeps manifests.
type memory map[string][]byte

func (m memory) Read(_ context.Context, digest string) ([]byte, error) {
	if raw, ok := m[digest]; ok {
		return raw, nil
	}
	return nil, errors.New("no content")
}

func (m memory) Keep(_ context.Context, raw []byte, link func() error) error {
	m[digest.FromBytes(raw).String()] = raw
	return link()
}

// fixed is a clock that stands still.
type fixed struct{}

func (fixed) Now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// world is the handlers over an empty store, with the repository "app".
type world struct {
	*testing.T
	*Handlers
	ctx context.Context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := store.OpenMemory(ecr.Tables()...)
	w := &world{t, &Handlers{Store: s, Clock: fixed{}, Content: memory{}, Uploads: &pieces{}, Address: "127.0.0.1:4566"}, aws.WithCaller(t.Context(), caller)}
	w.update(func(tx *store.Txn) error { ecr.EnsureTokenKey(tx, "secret"); return nil })
	if _, err := w.CreateRepository(w.ctx, &CreateRepositoryInput{RepositoryName: app}); err != nil {
		t.Fatal(err)
	}
	return w
}

var app = wire.Ptr("app")

func (w *world) update(fn func(tx *store.Txn) error) {
	w.Helper()
	if err := w.Store.Update(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// layer records a blob as the registry would.
func (w *world) layer(text string) string {
	w.Helper()
	d := digest.FromString(text).String()
	w.update(func(tx *store.Txn) error {
		repo, err := ecr.FindRepository(tx, caller.Scope(), *app)
		if err != nil {
			return err
		}
		return ecr.PutLayer(tx, repo, ecr.Layer{Digest: d, Size: int64(len(text))})
	})
	return d
}

// manifest is the text of an image whose configuration is a blob with a content.
func manifest(config string) *string {
	raw, _ := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": ecr.OCIManifest,
		"config": map[string]any{"digest": digest.FromString(config).String(), "size": len(config), "mediaType": "application/vnd.oci.image.config.v1+json"},
	})
	return wire.Ptr(string(raw))
}

// put puts an image and returns its digest.
func (w *world) put(config, tag string) string {
	w.Helper()
	w.layer(config)
	in := &PutImageInput{RepositoryName: app, ImageManifest: manifest(config)}
	if tag != "" {
		in.ImageTag = &tag
	}
	out, err := w.PutImage(w.ctx, in)
	if err != nil {
		w.Fatal(err)
	}
	return *out.Image.ImageId.ImageDigest
}

// refused fails unless an error has a code and, if given, a text.
func (w *world) refused(what string, err error, code, text string) {
	w.Helper()
	var e *aws.Error
	if !errors.As(err, &e) || e.Code != code || text != "" && e.Message != text {
		w.Errorf("%s: %v", what, err)
	}
}

func (w *world) fine(what string, err error) {
	w.Helper()
	if err != nil {
		w.Errorf("%s: %v", what, err)
	}
}
