package logsctl

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// sweepEvery is how often a group's expired events are deleted.
const sweepEvery = 5 * time.Minute

// Options are what a Sweeper works with.
type Options struct {
	Store  *store.Store
	Engine logs.Engine
	Clock  clock.Clock
	Log    *slog.Logger
}

// Sweeper deletes events that nobody may read any more.
type Sweeper struct {
	Options
	groups, remains *reconcile.Loop
}

// New returns a sweeper that Run sets to work.
func New(o Options) *Sweeper {
	s := &Sweeper{Options: o}
	s.groups = reconcile.New(reconcile.Options{Name: "logs.retention", Log: o.Log, Resync: sweepEvery, Keys: func() []string {
		return keys(logs.Groups, o.Store.Snapshot(), (*logs.Group).ARN)
	}}, s.expire)
	s.remains = reconcile.New(reconcile.Options{Name: "logs.remains", Log: o.Log, Keys: func() []string {
		return keys(logs.Remains, o.Store.Snapshot(), (*logs.Remain).ID)
	}}, s.bury)
	return s
}

func keys[T any](t *store.Table[T], r store.Reader, key func(*T) string) []string {
	var out []string
	for row := range t.All(r) {
		out = append(out, key(row))
	}
	return out
}

// Run works until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	reconcile.FromChanges(ctx, s.groups, s.Store, nil, logs.Groups)
	reconcile.FromChanges(ctx, s.remains, s.Store, nil, logs.Remains)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.groups.Run(ctx) })
	g.Go(func() error { return s.remains.Run(ctx) })
	return g.Wait()
}

// expire deletes what a group's retention doesn't keep.
func (s *Sweeper) expire(_ context.Context, arn string) (reconcile.Result, error) {
	snap := s.Store.Snapshot()
	g, ok := logs.Groups.Get(snap, arn)
	if !ok || g.RetentionDays == 0 {
		return reconcile.Result{}, nil
	}
	horizon := g.Horizon(s.Clock.Now())
	var errs []error
	for st := range logs.StreamsOf(snap, g) {
		errs = append(errs, s.Engine.Expire(st.ID, horizon))
	}
	return reconcile.Result{}, errors.Join(errs...)
}

// bury deletes the events of a deleted group or stream.
func (s *Sweeper) bury(ctx context.Context, id string) (reconcile.Result, error) {
	r, ok := logs.Remains.Get(s.Store.Snapshot(), id)
	if !ok {
		return reconcile.Result{}, nil
	}
	var err error
	if r.Stream == 0 {
		err = s.Engine.DeleteGroup(r.Group)
	} else {
		err = s.Engine.DeleteStream(logline.Stream{Group: r.Group, ID: r.Stream})
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{}, s.Store.Update(ctx, func(tx *store.Txn) error {
		logs.Remains.Delete(tx, id)
		return nil
	})
}
