package runtimetest

import (
	"context"

	"kaimon.dev/kaimon/runtime"
)

var observeCases = []testCase{
	{name: "ObserveSendsAllThenTheMark", run: observeAll},
	{name: "SlowObserverGetsTheNewest", run: observeSlow},
	{name: "ObserveEndsWithItsContext", run: observeEnds},
}

func observeAll(b *bench) {
	running := b.apply(essential("app", untilStopped))
	stopped := b.apply(essential("app", "exit 0"))
	b.awaitRunning(running)
	b.awaitStopped(stopped)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := map[string]runtime.Phase{}
	for e := range b.rt.Observe(ctx) {
		if e.Synced {
			break
		}
		if _, twice := seen[e.Observation.TaskID]; twice {
			b.t.Errorf("task %s was sent twice before the mark", e.Observation.TaskID)
		}
		seen[e.Observation.TaskID] = e.Observation.Phase
	}
	if seen[running] != runtime.Running || seen[stopped] != runtime.Stopped {
		b.t.Errorf("before the mark: %v", seen)
	}
}

// A receiver that looks away while a task lives its whole life delays nobody
// and finds the end of it.
func observeSlow(b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	slow := b.rt.Observe(ctx)
	id := b.apply(essential("app", untilStopped), extra("a", "exit 1"), extra("b", "exit 2"))
	b.awaitRunning(id)
	b.stop(id)
	b.awaitStopped(id)
	n := 0
	for e := range slow {
		if e.Observation == nil || e.Observation.TaskID != id {
			continue
		}
		if n++; e.Observation.Phase == runtime.Stopped {
			break
		}
	}
	if n > 2 {
		b.t.Errorf("%d observations of one task were kept for a slow receiver", n)
	}
}

func observeEnds(b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	events := b.rt.Observe(ctx)
	cancel()
	for range events { // ends, or the test does not
	}
}
