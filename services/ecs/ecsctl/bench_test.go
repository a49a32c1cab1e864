package ecsctl_test

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs/ecsctl"
	"kaimon.dev/kaimon/store"
)

// toldRuntime tells when a task is handed to it.
type toldRuntime struct {
	*fake.Runtime
	applied chan string
}

func (r *toldRuntime) Apply(ctx context.Context, spec runtime.Spec) error {
	r.applied <- spec.ID
	return r.Runtime.Apply(ctx, spec)
}

// BenchmarkStart measures what the control plane adds to a start, over a store
// with its journal on disk and a plane and runtime that cost nothing: from the
// transaction that makes the task to the call of Apply.
func BenchmarkStart(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Log: log}, tables()...)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	w := newWorldOver(b, db, b.TempDir())
	inner, err := fake.New(w.machine, w.dir)
	if err != nil {
		b.Fatal(err)
	}
	defer inner.Close()
	r := &toldRuntime{Runtime: inner, applied: make(chan string, 64)}
	c := ecsctl.New(ecsctl.Options{
		Store: db, Runtime: r, Images: inner, Plane: w.plane, Clock: clock.System{}, Log: log,
		PublicPool: netip.MustParsePrefix("100.64.0.0/16"),
	})
	go func() { _ = c.Run(b.Context()) }()
	for _, at := range []struct {
		name string
		once int
	}{{"1 at once", 1}, {"32 at once", 32}} {
		b.Run(at.name, func(b *testing.B) {
			for b.Loop() {
				for range at.once {
					go w.run(container("main", "wait"))
				}
				for range at.once {
					<-r.applied
				}
			}
		})
	}
}
