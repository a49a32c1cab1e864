package ecsctl_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecs"
)

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// until waits for a service's status; it costs next to nothing.
func (s *served) until(what string, is func(*ecs.ServiceStatus) bool) {
	for range 3000 {
		if status := s.status(); is(&status) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatal("timed out: ", what)
}

func (s *served) untilSteady(revision int) {
	s.until("steady", func(status *ecs.ServiceStatus) bool {
		return !status.SteadyAt.IsZero() && status.PrimaryARN == s.revisions[revision] && len(status.Rollouts) == 1
	})
}

// BenchmarkService starts, deploys and rolls back a large service over the fake
// runtime and a store in memory, and says what that takes of the processor for
// each task that starts: controllers, store and fakes together.
func BenchmarkService(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // as the server does
	const desired = 3500
	for b.Loop() {
		w := newWorld(b, b.TempDir())
		w.start()
		from, at := cpu(b), clock.Monotonic()
		wall := func(what string) {
			b.ReportMetric((clock.Monotonic() - at).Seconds(), what+"-s")
			at = clock.Monotonic()
		}
		s := w.serve(desired, container("main", "wait"))
		s.untilSteady(0)
		b.ReportMetric(float64((cpu(b)-from).Microseconds())/1000/desired, "start-cpu-ms/task")
		wall("start")

		from = cpu(b)
		s.deploy(container("main", "wait"))
		s.untilSteady(1)
		b.ReportMetric(float64((cpu(b)-from).Microseconds())/1000/desired, "deploy-cpu-ms/task")
		wall("deploy")

		s.breaker(true)
		from = cpu(b)
		s.deploy(container("main", "exit 1"))
		s.until("rollback", func(status *ecs.ServiceStatus) bool {
			return status.PrimaryARN == s.revisions[1] && len(status.Rollouts) == 2
		})
		s.untilSteady(1)
		b.ReportMetric(float64((cpu(b)-from).Microseconds())/1000/desired, "rollback-cpu-ms/task")
		wall("rollback")
		w.stop()
	}
}

// BenchmarkReplace measures the replacement of one task of services of several
// sizes: from the end of its process until another runs. Its growth is what it
// takes in units of what it takes among the fewest.
func BenchmarkReplace(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	sizes := []int{200, 1000, 3500}
	var fewest float64
	for _, desired := range sizes {
		b.Run(fmt.Sprint(desired), func(b *testing.B) {
			w := newWorld(b, b.TempDir())
			w.start()
			defer w.stop()
			s := w.serve(desired, container("main", "wait"))
			s.untilSteady(0)
			victims := s.running("")
			from, n := cpu(b), 0
			for b.Loop() {
				if n == len(victims) {
					b.StopTimer()
					s.untilSteady(0)
					victims, n = s.running(""), 0
					b.StartTimer()
				}
				before := s.nextStart()
				s.kill(victims[n])
				n++
				<-before
			}
			each := float64((cpu(b) - from).Microseconds()) / 1000 / float64(b.N)
			b.ReportMetric(each, "cpu-ms/task")
			if desired == sizes[0] {
				fewest = each
			}
			b.ReportMetric(each/fewest, "growth")
		})
	}
}

// nextStart is closed once a task that is made from now on runs.
func (s *served) nextStart() <-chan struct{} {
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	changes := s.store.Changes(ctx, ecs.Tasks, ecs.TaskStatuses)
	from := s.store.Snapshot()
	go func() {
		defer close(done)
		defer cancel()
		for batch := range changes {
			now := s.store.Snapshot()
			for _, change := range batch {
				t, ok := ecs.Tasks.Get(now, change.ID)
				if _, old := ecs.Tasks.Get(from, change.ID); ok && !old && ecs.StatusOf(now, t).LastStatus == ecs.TaskRunning {
					return
				}
			}
		}
	}()
	return done
}
