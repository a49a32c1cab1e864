package runtimetest

import (
	"kaimon.dev/kaimon/runtime"
)

var stopCases = []testCase{
	{name: "StopSignals", run: stopSignals},
	{name: "StopTimeoutKills", run: stopKills},
	{name: "StopIsReverseOfDependency", run: stopOrder},
	{name: "StopDuringStart", run: stopDuringStart},
	{name: "StopWhileWaiting", run: stopWhileWaiting},
	{name: "FirstStopReasonStands", run: stopTwice},
}

func stopSignals(b *bench) {
	id := b.apply(essential("app", "trap 'exit 5' TERM; echo ready; sleep 86400 & wait"))
	b.awaitRunning(id)
	b.ready(id, "app")
	b.stop(id)
	o := b.awaitStopped(id)
	b.wantCause(o, runtime.CauseRequested)
	b.wantCode(o, "app", 5)
	if o.Reason != "the test says so" {
		b.t.Errorf("reason %q", o.Reason)
	}
	if o.StoppingAt.Before(o.StartedAt) || o.StoppedAt.Before(o.StoppingAt) {
		b.t.Errorf("times out of order: %+v", o)
	}
}

func stopKills(b *bench) {
	id := b.apply(essential("app", stubborn))
	b.awaitRunning(id)
	b.ready(id, "app")
	b.stop(id)
	o := b.awaitStopped(id)
	b.wantCause(o, runtime.CauseRequested)
	b.wantCode(o, "app", 137)
}

// stopOrder: db must outlive app, which takes its whole stop timeout.
func stopOrder(b *bench) {
	id := b.apply(
		extra("db", untilStopped),
		after(essential("app", stubborn), "db", runtime.Start))
	b.awaitRunning(id)
	b.ready(id, "db")
	b.ready(id, "app")
	b.stop(id)
	o := b.awaitStopped(id)
	db, app := b.container(o, "db"), b.container(o, "app")
	if db.FinishedAt.Before(app.FinishedAt) {
		b.t.Errorf("db finished at %s, before app at %s that depends on it", db.FinishedAt, app.FinishedAt)
	}
	b.wantCode(o, "db", 143)
	b.wantCode(o, "app", 137)
}

func stopDuringStart(b *bench) {
	id := b.apply(essential("app", stubborn), essential("other", stubborn))
	b.stop(id)
	o := b.awaitStopped(id)
	b.wantCause(o, runtime.CauseRequested)
}

func stopWhileWaiting(b *bench) {
	id := b.apply(
		extra("init", untilStopped),
		after(essential("app", untilStopped), "init", runtime.Success))
	b.await(id, "init to run", func(o runtime.Observation) bool {
		return b.container(o, "init").Phase == runtime.Running
	})
	b.ready(id, "init")
	b.stop(id)
	o := b.awaitStopped(id)
	b.wantCause(o, runtime.CauseRequested)
	b.wantCode(o, "init", 143)
	app := b.container(o, "app")
	if app.ExitCode != nil || !app.StartedAt.IsZero() || !o.StartedAt.IsZero() {
		b.t.Errorf("app never ran: %+v", o)
	}
}

func stopTwice(b *bench) {
	id := b.apply(essential("app", stubborn))
	b.awaitRunning(id)
	b.stop(id)
	if err := b.rt.Stop(b.t.Context(), id, "another reason"); err != nil {
		b.t.Fatalf("second Stop: %v", err)
	}
	if o := b.awaitStopped(id); o.Reason != "the test says so" {
		b.t.Errorf("reason %q", o.Reason)
	}
}
