package e2e

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"
)

// TestTasksAtOnce starts 32 tasks at once: each gets an address of its own and
// one process, and all are found again, page by page, and stopped.
func TestTasksAtOnce(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s)
	arns := make([]string, 32)
	var g errgroup.Group
	for i := range arns {
		g.Go(func() error {
			out, err := c.RunTask(t.Context(), c.request())
			if err == nil {
				arns[i] = *out.Tasks[0].TaskArn
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	owner := map[string]string{}
	for arn, task := range c.await(t, arns, "RUNNING") {
		if other, taken := owner[address(task)]; taken {
			t.Errorf("%s and %s have the address %s", arn, other, address(task))
		}
		owner[address(task)] = arn
	}
	wantOneProcessEach(t, s, arns)

	listed := c.list(t, types.DesiredStatusRunning, 7)
	slices.Sort(listed)
	slices.Sort(arns)
	if !slices.Equal(listed, arns) {
		t.Errorf("listed %d tasks by sevens, want the %d that run, each once", len(listed), len(arns))
	}
	for _, arn := range arns {
		g.Go(func() error {
			_, err := c.StopTask(t.Context(), &ecs.StopTaskInput{Task: &arn})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for arn, task := range c.await(t, arns, "STOPPED") {
		if task.StopCode != types.TaskStopCodeUserInitiated || aws.ToInt32(task.Containers[0].ExitCode) != 137 {
			// sleep is process 1 of its container and so ignores SIGTERM.
			t.Errorf("%s: %s, exit code %v", arn, task.StopCode, task.Containers[0].ExitCode)
		}
	}
	wantOneProcessEach(t, s, nil)
}

// TestClientToken asks eight times at once with one token: there is one task.
// The token with another request is a conflict.
func TestClientToken(t *testing.T) {
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s)
	in := c.request()
	in.ClientToken = aws.String("once")
	arns := make([]string, 8)
	var g errgroup.Group
	for i := range arns {
		g.Go(func() error {
			out, err := c.RunTask(t.Context(), in)
			if err == nil {
				arns[i] = *out.Tasks[0].TaskArn
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(arns))); len(distinct) != 1 {
		t.Errorf("one token made %d tasks", len(distinct))
	}
	// Tokens outlive the server, and even its death.
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := c.RunTask(t.Context(), in)
	if err != nil || *again.Tasks[0].TaskArn != arns[0] {
		t.Errorf("the token after a restart: %v, %v", again, err)
	}
	in.StartedBy = aws.String("someone else")
	_, err = c.RunTask(t.Context(), in)
	if conflict := new(types.ConflictException); !errors.As(err, &conflict) {
		t.Errorf("the token with another request: %v", err)
	}
	wantOneProcessEach(t, s, c.list(t, types.DesiredStatusRunning, 100))
}
