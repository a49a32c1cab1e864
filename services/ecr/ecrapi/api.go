package ecrapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/store"
)

// Content holds manifests; the registry implements it.
type Content interface {
	// Read returns a manifest by its digest.
	Read(ctx context.Context, digest string) ([]byte, error)
	// Keep writes a manifest, which link records before anybody could free it.
	Keep(ctx context.Context, raw []byte, link func() error) error
}

// Handlers implements API over the store.
type Handlers struct {
	Store   *store.Store
	Clock   clock.Clock
	Content Content
	Uploads Uploads
	// Upstream asks the registries of pull-through rules.
	Upstream Upstream
	// Address is where clients on this machine reach the registry, host:port.
	Address string
}

var _ API = (*Handlers)(nil)

// scopeOf is the registry that a request is for: the caller's own unless it
// names another.
func scopeOf(ctx context.Context, registry *string) aws.Scope {
	s := aws.CallerFrom(ctx).Scope()
	if registry != nil {
		s.Account = *registry
	}
	return s
}

// target is what a request is about: a repository, and what is done with it.
type target struct {
	operation      string
	registry, name *string
}

// open finds the repository of a request that only reads.
func (h *Handlers) open(ctx context.Context, t target) (*store.Snapshot, *ecr.Repository, error) {
	r := h.Store.Snapshot()
	repo, err := t.find(ctx, r)
	return r, repo, err
}

// find finds the repository if the caller may do with it what is asked.
func (t target) find(ctx context.Context, r store.Reader) (*ecr.Repository, error) {
	s, name := scopeOf(ctx, t.registry), wire.Val(t.name)
	if err := ecr.Authorize(r, s, name, ecr.PrincipalOf(aws.CallerFrom(ctx)), t.operation); err != nil {
		return nil, err
	}
	return ecr.FindRepository(r, s, name)
}

// change runs the transaction of a request on a repository.
func (h *Handlers) change(ctx context.Context, t target, fn func(tx *store.Txn, repo *ecr.Repository) error) error {
	return h.Store.Update(ctx, func(tx *store.Txn) error {
		repo, err := t.find(ctx, tx)
		if err != nil {
			return err
		}
		return fn(tx, repo)
	})
}

// defaultPage is how many rows an answer holds when the request doesn't say.
const defaultPage = 100

// cut returns one page of rows, which are sorted by key.
func cut[T any](operation string, token *string, size *int32, rows []T, key func(T) string) ([]T, *string, error) {
	n := defaultPage
	if size != nil {
		n = int(*size)
	}
	rows, next, ok := page.Cut(operation, wire.Val(token), n, rows, key, strings.Compare)
	if !ok {
		return nil, nil, ecr.ErrInvalidParameter("Invalid parameter at 'nextToken' failed to satisfy constraint: 'must be a valid token'")
	}
	if rows == nil {
		rows = []T{}
	}
	return rows, wire.Optional(next), nil
}
