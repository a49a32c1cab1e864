package e2e

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"kaimon.dev/kaimon/test/live"
)

// kill ends the processes of a task as the machine would.
func kill(t *testing.T, s *live.Server, arn string) {
	t.Helper()
	processes, err := s.Processes()
	if err != nil {
		t.Fatal(err)
	}
	if len(processes[taskID(arn)]) == 0 {
		t.Fatalf("%s has no process", arn)
	}
	for _, pid := range processes[taskID(arn)] {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			t.Fatal(err)
		}
	}
}

// awaitOthers waits until so many tasks run, none of which is one of these.
func (b *balanced) awaitOthers(t *testing.T, gone []string, count int) []string {
	t.Helper()
	var arns []string
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(5 * time.Millisecond) {
		arns = b.list(t, types.DesiredStatusRunning, 100)
		if len(arns) != count || slices.ContainsFunc(arns, func(arn string) bool { return slices.Contains(gone, arn) }) {
			continue
		}
		running := 0
		for _, task := range b.describe(t, arns) {
			if *task.LastStatus == "RUNNING" {
				running++
			}
		}
		if running == count {
			return arns
		}
	}
	out, err := b.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"web"}})
	if err == nil {
		for _, e := range out.Services[0].Events[:min(6, len(out.Services[0].Events))] {
			t.Log(*e.CreatedAt, *e.Message)
		}
	}
	t.Fatalf("%d tasks run, want %d others than %v", len(arns), count, gone)
	return nil
}

// healthy counts the targets of the service that are healthy.
func (b *balanced) healthy(t *testing.T, c *elb.Client) int {
	t.Helper()
	out, err := c.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &b.group})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range out.TargetHealthDescriptions {
		if d.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			n++
		}
	}
	return n
}

// A task whose process is killed is replaced, also one that is killed while the
// server is down; and a service grows to fifty tasks in service at once.
func TestServiceHealsAndGrows(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newBalanced(t, s)
	c, err := s.ELB()
	if err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	tasks := b.awaitOthers(t, nil, 2)
	for range 15 {
		begun := time.Now()
		kill(t, s, tasks[0])
		tasks = b.awaitOthers(t, tasks[:1], 2)
		took = append(took, time.Since(begun))
		b.wantTargets(t, c, 2) // restarts of tasks that were never in service are delayed
	}
	slices.Sort(took)
	t.Logf("replaced within %s (median), %s (worst)", took[len(took)/2], took[len(took)-1])

	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	kill(t, s, tasks[1])
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.awaitOthers(t, tasks[1:], 2)
	b.settle(t, "web:1", 2)

	b.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(0)})
	b.settle(t, "web:1", 0)
	b.wantTargets(t, c, 0)
	begun := time.Now()
	b.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(50)})
	b.wantTargets(t, c, 50)
	t.Logf("50 tasks in service within %s", time.Since(begun).Round(time.Millisecond))
	b.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(0)})
	b.settle(t, "web:1", 0)
}

// wantTargets waits until so many targets are healthy.
func (b *balanced) wantTargets(t *testing.T, c *elb.Client, want int) {
	t.Helper()
	n := 0
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if n = b.healthy(t, c); n == want {
			return
		}
	}
	t.Fatalf("%d healthy targets, want %d", n, want)
}
