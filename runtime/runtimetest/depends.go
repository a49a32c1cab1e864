package runtimetest

import (
	"strings"
	"time"

	"kaimon.dev/kaimon/runtime"
)

var dependsCases = []testCase{
	{name: "DependsOnStart", run: dependsOnStart},
	{name: "DependsOnComplete", run: dependsOnComplete},
	{name: "DependsOnSuccess", run: dependsOnSuccess},
	{name: "DependsOnHealthy", run: dependsOnHealthy},
	{name: "SuccessThatFails", run: successFails},
	{name: "StartTimeout", run: startTimeout},
}

func dependsOnStart(b *bench) {
	o := b.awaitRunning(b.apply(
		after(essential("app", untilStopped), "side", runtime.Start),
		extra("side", untilStopped)))
	if app, side := b.container(o, "app"), b.container(o, "side"); app.StartedAt.Before(side.StartedAt) {
		b.t.Errorf("app started at %s, before side at %s", app.StartedAt, side.StartedAt)
	}
}

// The file that init writes last shows app that init had completed.
func dependsOnComplete(b *bench) {
	o := b.awaitStopped(b.apply(
		after(essential("app", "test -e /shared/done"), "init", runtime.Complete),
		extra("init", "sleep 0.3; echo x > /shared/done; exit 4")))
	b.wantCode(o, "app", 0)
	b.wantCode(o, "init", 4)
}

func dependsOnSuccess(b *bench) {
	o := b.awaitStopped(b.apply(
		after(essential("app", "test -e /shared/done"), "init", runtime.Success),
		extra("init", "sleep 0.3; echo x > /shared/done")))
	b.wantCode(o, "app", 0)
	b.wantCode(o, "init", 0)
}

func dependsOnHealthy(b *bench) {
	db := extra("db", "sleep 0.3; echo x > /shared/up; "+untilStopped)
	db.HealthCheck = check("test -e /shared/up")
	o := b.awaitStopped(b.apply(after(essential("app", "test -e /shared/up"), "db", runtime.Healthy), db))
	b.wantCode(o, "app", 0)
}

func successFails(b *bench) {
	o := b.awaitStopped(b.apply(
		after(essential("app", untilStopped), "init", runtime.Success),
		extra("init", "exit 4")))
	b.wantUnresolved(o)
	b.wantCode(o, "init", 4)
}

func startTimeout(b *bench) {
	init := extra("init", untilStopped)
	init.StartTimeout = 500 * time.Millisecond
	b.wantUnresolved(b.awaitStopped(b.apply(after(essential("app", untilStopped), "init", runtime.Success), init)))
}

// wantUnresolved checks that app was never started for its dependency's sake.
func (b *bench) wantUnresolved(o runtime.Observation) {
	b.t.Helper()
	b.wantCause(o, runtime.CauseStartFailed)
	app := b.container(o, "app")
	if !strings.HasPrefix(app.Reason, "CannotStartContainerError: dependency graph: ") || app.ExitCode != nil || !app.StartedAt.IsZero() {
		b.t.Errorf("app: %+v", app)
	}
}
