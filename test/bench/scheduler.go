package main

import "context"

// schedulerPromises are kept by the control plane over a fake runtime, store
// and fakes included (services/ecs/ecsctl, service_bench_test.go).
var schedulerPromises = []promise{
	{"Service", "start-cpu-ms/task", "CPU for a task of 3,500 that starts (simulation)", 1, 0},
	{"Service", "deploy-cpu-ms/task", "  that a deployment replaces", 1, 0},
	{"Service", "rollback-cpu-ms/task", "  of a bad deployment that is rolled back", 1, 0},
	{"Replace/200", "cpu-ms/task", "CPU for one replaced task of 200 (simulation)", 0, 0},
	{"Replace/3500", "cpu-ms/task", "  of 3,500", 0, 0},
	{"Replace/3500", "growth", "  of 3,500, in units of one of 200", 1.5, 0},
}

// measureScheduler simulates a large service, and the replacement of one task
// among few and many.
func measureScheduler(ctx context.Context, _ string, _ int) (table, error) {
	return runBenchmarks(ctx, "./services/ecs/ecsctl", schedulerPromises,
		[2]string{"Service$", "1x"}, [2]string{"Replace", "150x"})
}
