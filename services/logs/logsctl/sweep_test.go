package logsctl

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

var home = aws.Scope{Account: "000000000000", Region: "eu-west-1"}

type world struct {
	t      *testing.T
	store  *store.Store
	engine *logstore.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	engine, err := logstore.Open(logstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, store.OpenMemory(logs.Tables()...), engine}
}

func (w *world) close() { _, _ = w.engine.Close(), w.store.Close() }

func (w *world) update(fn func(tx *store.Txn) error) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// count is how many events of a stream the engine has.
func (w *world) count(s logline.Stream) (n int) {
	w.t.Helper()
	err := w.engine.ReadStream(context.Background(), s, logline.Range{To: math.MaxInt64}, false, func(logline.Event) bool { n++; return true })
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// ensure makes a stream of group g; both have the same number.
func (w *world) ensure(name string, id uint64) {
	w.update(func(tx *store.Txn) error {
		return logs.EnsureStream(tx, logs.Wanted{Scope: home, Group: "g", Stream: name, CreateGroup: true, GroupID: 1, StreamID: id})
	})
}

func lines(times ...time.Time) (out []logline.Event) {
	for _, t := range times {
		out = append(out, logline.Event{Time: t.UnixMilli(), Message: []byte("x")})
	}
	return out
}

// TestSweep deletes what has expired, and what belonged to a deleted stream or group.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.ensure("a", 1)
		w.ensure("b", 2)
		a, b := logline.Stream{Group: 1, ID: 1}, logline.Stream{Group: 1, ID: 2}
		now := time.Now()
		for _, s := range []logline.Stream{a, b} {
			if err := w.engine.Append(s, lines(now.Add(-25*time.Hour), now.Add(-23*time.Hour), now), logline.Mark{}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		sweeper := New(Options{Store: w.store, Engine: w.engine, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
		done := make(chan error, 1)
		go func() { done <- sweeper.Run(ctx) }()
		check := func(wantA, wantB int) {
			t.Helper()
			time.Sleep(2 * sweepEvery)
			if gotA, gotB := w.count(a), w.count(b); gotA != wantA || gotB != wantB {
				t.Errorf("%d and %d events, want %d and %d", gotA, gotB, wantA, wantB)
			}
		}
		check(3, 3)
		w.update(func(tx *store.Txn) error {
			return logs.ChangeGroup(tx, home, "g", func(g *logs.Group) error { g.RetentionDays = 1; return nil })
		})
		check(2, 2)
		time.Sleep(2 * time.Hour)
		check(1, 1)
		w.update(func(tx *store.Txn) error { return logs.DeleteStream(tx, home, "g", "b") })
		check(1, 0)
		w.update(func(tx *store.Txn) error { return logs.DeleteGroup(tx, home, "g") })
		check(0, 0)
		for r := range logs.Remains.All(w.store.Snapshot()) {
			t.Errorf("%s remains", r.ID())
		}
		cancel()
		<-done
	})
}

func TestSink(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	w.ensure("a", 1)
	s := Sink{Store: w.store, Engine: w.engine}
	arn := logs.StreamARN(home, "g", "a")
	if err := s.Take(arn, lines(time.UnixMilli(5)), logline.Mark{Source: "task/app", Position: 7}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Taken("task/app"); n != 7 || err != nil {
		t.Errorf("taken %d, %v", n, err)
	}
	if n := w.count(logline.Stream{Group: 1, ID: 1}); n != 1 {
		t.Errorf("%d events", n)
	}
	if err := s.Take(arn+"x", nil, logline.Mark{}); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("a stream that isn't there: %v", err)
	}
	if err := s.Forget("task/app"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Taken("task/app"); n != 0 || err != nil {
		t.Errorf("forgotten: %d, %v", n, err)
	}
}
