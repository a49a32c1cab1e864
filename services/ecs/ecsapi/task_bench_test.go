package ecsapi_test

import (
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/store"
)

// BenchmarkDescribeTasks describes 100 tasks among 10,000 and reports the 99th
// percentile beside the mean.
func BenchmarkDescribeTasks(b *testing.B) {
	w := newTaskWorld(b)
	for range 1000 {
		w.run(func(in *ecsapi.RunTaskInput) { in.Count = wire.Ptr(int32(10)) })
	}
	var arns []string
	w.update(func(tx *store.Txn) {
		n := 0
		for t := range ecs.Tasks.All(tx) {
			s := ecs.NewTaskStatus(t)
			s.Provisioned(ecs.Attachment{InterfaceID: "eni-1", Address: "172.31.0.4"})
			s.Started(w.now)
			ecs.TaskStatuses.Put(tx, s)
			if n++; n%100 == 0 {
				arns = append(arns, t.ARN)
			}
		}
	})
	in := &ecsapi.DescribeTasksInput{Tasks: arns, Include: []string{"TAGS"}}
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		start := b.Elapsed()
		out, err := w.DescribeTasks(w.ctx, in)
		took = append(took, b.Elapsed()-start)
		if err != nil || len(out.Tasks) != 100 {
			b.Fatal(len(out.Tasks), err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
