package runtimetest

import (
	"time"

	"kaimon.dev/kaimon/runtime"
)

var restartCases = []testCase{
	{name: "RestartInPlace", run: restartInPlace},
	{name: "RestartNotSoSoon", run: restartTooSoon},
	{name: "RestartIgnoresCodes", run: restartIgnored},
}

// The second attempt finds what the first one wrote into its own file system.
func restartInPlace(b *bench) {
	app := essential("app", "test -e /was-here && sleep 86400; echo x > /was-here; exit 3")
	app.RestartPolicy = &runtime.RestartPolicy{}
	id := b.apply(app)
	o := b.await(id, "the restart", func(o runtime.Observation) bool {
		return b.container(o, "app").RestartCount == 1
	})
	again := b.container(o, "app")
	if o.Phase != runtime.Running || again.Phase != runtime.Running || again.ExitCode != nil || again.Health != runtime.HealthUnknown {
		b.t.Errorf("after the restart: %+v", o)
	}
}

func restartTooSoon(b *bench) {
	app := essential("app", "exit 3")
	app.RestartPolicy = &runtime.RestartPolicy{AttemptPeriod: time.Hour}
	o := b.awaitStopped(b.apply(app))
	b.wantCode(o, "app", 3)
	if n := b.container(o, "app").RestartCount; n != 0 {
		b.t.Errorf("restarted %d times", n)
	}
}

func restartIgnored(b *bench) {
	app := essential("app", "test -e /was-here && exit 0; echo x > /was-here; exit 3")
	app.RestartPolicy = &runtime.RestartPolicy{IgnoredExitCodes: []int{0}}
	o := b.awaitStopped(b.apply(app))
	b.wantCause(o, runtime.CauseEssentialExited)
	b.wantCode(o, "app", 0)
	if n := b.container(o, "app").RestartCount; n != 1 {
		b.t.Errorf("restarted %d times, want once", n)
	}
}
