package ecr_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

var (
	scope = aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	now   = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

// world is a store with one repository.
type world struct {
	*testing.T
	*store.Store
	repo *ecr.Repository
}

func newWorld(t *testing.T, change func(*ecr.Repository)) *world {
	t.Helper()
	w := &world{T: t, Store: store.OpenMemory(ecr.Tables()...)}
	w.repo = &ecr.Repository{ARN: ecr.RepositoryARN(scope, "team/app"), Scope: scope, Name: "team/app", Mutability: ecr.Mutable}
	if change != nil {
		change(w.repo)
	}
	w.do(func(tx *store.Txn) error { ecr.Repositories.Put(tx, *w.repo); return nil })
	return w
}

// do runs a transaction that must succeed.
func (w *world) do(fn func(tx *store.Txn) error) {
	w.Helper()
	if err := w.Update(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// layer records a blob with a content and returns its digest.
func (w *world) layer(text string) string {
	w.Helper()
	l := ecr.Layer{Digest: digest.FromString(text).String(), Size: int64(len(text)), UploadedAt: now}
	w.do(func(tx *store.Txn) error { return ecr.PutLayer(tx, w.repo, l) })
	return l.Digest
}

type object = map[string]any

func described(text string) object {
	return object{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest.FromString(text).String(), "size": len(text)}
}

// manifest makes a manifest of layers with these contents.
func manifest(t *testing.T, config string, layers ...string) *ecr.Manifest {
	t.Helper()
	var list []object
	for _, l := range layers {
		list = append(list, described(l))
	}
	return parse(t, ecr.OCIManifest, object{"schemaVersion": 2, "config": described(config), "layers": list})
}

func parse(t *testing.T, mediaType string, o object) *ecr.Manifest {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ecr.ParseManifest(mediaType, raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *world) put(m *ecr.Manifest, tag string) error {
	return w.Update(context.Background(), func(tx *store.Txn) error {
		_, err := ecr.PutImage(tx, w.repo, m, tag, now)
		return err
	})
}

// code is the AWS code of an error.
func code(err error) string {
	var e *aws.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
