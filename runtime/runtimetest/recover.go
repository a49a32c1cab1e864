package runtimetest

import (
	"time"

	"kaimon.dev/kaimon/runtime"
)

var recoverCases = []testCase{
	{name: "RunningTaskIsReadopted", run: readopted},
	{name: "ExitWhileAway", run: exitWhileAway},
	{name: "StopSequenceGoesOn", run: stopGoesOn},
	{name: "StartSequenceGoesOn", run: startGoesOn},
	{name: "StoppedTaskIsStillKnown", run: stoppedIsKnown},
	{name: "HealthChecksGoOn", run: healthGoesOn},
	{name: "RestartsAreRemembered", run: restartsRemembered},
}

func (b *bench) reopen() {
	b.t.Helper()
	b.close()
	b.open()
}

func readopted(b *bench) {
	id := b.apply(essential("app", untilStopped), extra("side", "exit 7"))
	before := b.await(id, "the exit of side", func(o runtime.Observation) bool {
		return o.Phase == runtime.Running && b.container(o, "side").Phase == runtime.Stopped
	})
	b.ready(id, "app")
	b.reopen()
	o, known := b.newest[id]
	if !known || o.Phase != runtime.Running || o.StartedAt != before.StartedAt {
		b.t.Fatalf("before %+v, after %+v", before, o)
	}
	was, is := b.container(before, "app"), b.container(o, "app")
	if was.Pid != is.Pid || was.RuntimeID != is.RuntimeID || was.StartedAt != is.StartedAt || is.RestartCount != 0 {
		b.t.Errorf("before %+v, after %+v", was, is)
	}
	b.wantCode(o, "side", 7)
	b.stop(id)
	b.wantCode(b.awaitStopped(id), "app", 143)
}

func exitWhileAway(b *bench) {
	id := b.apply(essential("app", "sleep 1; exit 4"), essential("side", untilStopped))
	before := b.awaitRunning(id)
	b.ready(id, "side")
	b.close()
	time.Sleep(2 * time.Second)
	b.open()
	o := b.awaitStopped(id)
	b.wantCause(o, runtime.CauseEssentialExited)
	b.wantCode(o, "app", 4)
	b.wantCode(o, "side", 143)
	if o.StartedAt != before.StartedAt {
		b.t.Errorf("started at %s, then at %s", before.StartedAt, o.StartedAt)
	}
	if app, side := b.container(o, "app"), b.container(o, "side"); !app.FinishedAt.Before(side.FinishedAt) {
		b.t.Errorf("app finished at %s, not while nobody looked; side at %s", app.FinishedAt, side.FinishedAt)
	}
}

func stopGoesOn(b *bench) {
	id := b.apply(essential("app", stubborn))
	b.awaitRunning(id)
	b.ready(id, "app")
	b.stop(id)
	b.reopen()
	o := b.awaitStopped(id)
	b.wantCause(o, runtime.CauseRequested)
	b.wantCode(o, "app", 137)
	if o.Reason != "the test says so" {
		b.t.Errorf("reason %q", o.Reason)
	}
}

func startGoesOn(b *bench) {
	spec := b.spec(
		after(essential("app", "test -e /shared/done || exit 9; "+untilStopped), "init", runtime.Success),
		extra("init", "sleep 1; echo x > /shared/done"))
	b.applySpec(spec)
	b.await(spec.ID, "init to run", func(o runtime.Observation) bool {
		return b.container(o, "init").Phase == runtime.Running
	})
	b.reopen()
	b.applySpec(spec)
	o := b.awaitRunning(spec.ID)
	b.wantCode(o, "init", 0)
}

func stoppedIsKnown(b *bench) {
	id := b.apply(essential("app", "exit 6"))
	before := b.awaitStopped(id)
	b.reopen()
	o, known := b.newest[id]
	if !known || o.Phase != runtime.Stopped || o.StoppedAt != before.StoppedAt {
		b.t.Fatalf("before %+v, after %+v", before, o)
	}
	b.wantCode(o, "app", 6)
	b.remove(id)
	b.reopen()
	if _, known := b.newest[id]; known {
		b.t.Error("a removed task came back")
	}
}

func healthGoesOn(b *bench) {
	app := essential("app", untilStopped)
	app.HealthCheck = check("test -e /shared/up")
	id := b.apply(app)
	b.awaitHealth(id, runtime.HealthUnhealthy)
	b.reopen()
	if o := b.newest[id]; b.container(o, "app").Health != runtime.HealthUnhealthy {
		b.t.Errorf("health was forgotten: %+v", o)
	}
	b.exec(id, "app", "echo x > /shared/up")
	b.awaitHealth(id, runtime.HealthHealthy)
}

func restartsRemembered(b *bench) {
	app := essential("app", "test -e /was-here && sleep 86400; echo x > /was-here; exit 3")
	app.RestartPolicy = &runtime.RestartPolicy{}
	id := b.apply(app)
	restarted := func(o runtime.Observation) bool { return b.container(o, "app").RestartCount == 1 }
	before := b.container(b.await(id, "the restart", restarted), "app")
	b.reopen()
	if is := b.container(b.newest[id], "app"); is.RestartCount != 1 || is.Pid != before.Pid || is.StartedAt != before.StartedAt {
		b.t.Errorf("before %+v, after %+v", before, is)
	}
}
