package runtimetest

import (
	"time"

	"kaimon.dev/kaimon/runtime"
)

var healthCases = []testCase{
	{name: "HealthyAndBack", run: healthChanges},
	{name: "HealthCheckByArgv", run: healthArgv},
	{name: "HealthCheckTimeout", run: healthTimeout},
}

// check is a health check by a shell script, as often as is sensible.
func check(script string) *runtime.HealthCheck {
	return &runtime.HealthCheck{
		Command:  []string{"CMD-SHELL", script},
		Interval: 100 * time.Millisecond, Timeout: 5 * time.Second, Retries: 2,
	}
}

func (b *bench) awaitHealth(id string, want runtime.Health) {
	b.t.Helper()
	o := b.await(id, "app to be "+string(want), func(o runtime.Observation) bool {
		return b.container(o, "app").Health == want || o.Phase == runtime.Stopped
	})
	if o.Phase != runtime.Running {
		b.t.Fatalf("a health check must not stop the task: %+v", o)
	}
}

func healthChanges(b *bench) {
	app := essential("app", untilStopped)
	app.HealthCheck = check("test -e /shared/up")
	id := b.apply(app)
	b.awaitHealth(id, runtime.HealthUnhealthy)
	b.exec(id, "app", "echo x > /shared/up")
	b.awaitHealth(id, runtime.HealthHealthy)
	b.exec(id, "app", "rm /shared/up")
	b.awaitHealth(id, runtime.HealthUnhealthy)
}

func healthArgv(b *bench) {
	app := essential("app", untilStopped)
	app.HealthCheck = check("")
	app.HealthCheck.Command = []string{"CMD", "/bin/sh", "-c", "exit 0"}
	b.awaitHealth(b.apply(app), runtime.HealthHealthy)
}

func healthTimeout(b *bench) {
	app := essential("app", untilStopped)
	app.HealthCheck = check("sleep 3600")
	app.HealthCheck.Timeout = 200 * time.Millisecond
	b.awaitHealth(b.apply(app), runtime.HealthUnhealthy)
}
