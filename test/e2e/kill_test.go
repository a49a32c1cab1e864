package e2e

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/test/live"
)

// TestKilledWhileStartingTasks kills the server again and again while tasks are
// being started. In the end every task that was acknowledged runs, with one
// process, and every process belongs to a task.
func TestKilledWhileStartingTasks(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s)
	var mu sync.Mutex
	var acknowledged []string
	for round := range 6 {
		if round > 0 {
			if _, err := s.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() {
				for {
					out, err := c.RunTask(t.Context(), c.request())
					if err != nil {
						return // the server is gone
					}
					mu.Lock()
					acknowledged = append(acknowledged, *out.Tasks[0].TaskArn)
					enough := len(acknowledged) > 25*(round+1)
					mu.Unlock()
					if enough {
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(5+rand.IntN(250)) * time.Millisecond)
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		callers.Wait()
	}
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d tasks were acknowledged", len(acknowledged))
	c.await(t, acknowledged, "RUNNING")
	// A call whose answer was lost may have made a task too.
	all := c.list(t, types.DesiredStatusRunning, 100)
	if len(all) < len(acknowledged) {
		t.Errorf("%d tasks are listed, %d were acknowledged", len(all), len(acknowledged))
	}
	owner := map[string]string{}
	for arn, task := range c.await(t, all, "RUNNING") {
		if other, taken := owner[address(task)]; taken {
			t.Errorf("%s and %s have the address %s", arn, other, address(task))
		}
		owner[address(task)] = arn
	}
	wantOneProcessEach(t, s, all)
}

// wantOneProcessEach waits until exactly these tasks have processes, one each.
func wantOneProcessEach(t *testing.T, s *live.Server, arns []string) {
	t.Helper()
	var wrong []string
	for range 500 {
		processes, err := s.Processes()
		if err != nil {
			t.Fatal(err)
		}
		wrong = nil
		for _, arn := range arns {
			if n := len(processes[taskID(arn)]); n != 1 {
				wrong = append(wrong, fmt.Sprintf("%s has %d processes", arn, n))
			}
			delete(processes, taskID(arn))
		}
		for id, pids := range processes {
			wrong = append(wrong, fmt.Sprintf("%s is no task that runs and has processes %v", id, pids))
		}
		if len(wrong) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}
