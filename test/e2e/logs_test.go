package e2e

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/test/live"
)

// newLogsServer starts a server, and makes clients of it.
func newLogsServer(t *testing.T) (*live.Server, *client, *cloudwatchlogs.Client) {
	t.Helper()
	s := newServer(t)
	startRegistry(t)
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s)
	logs, err := s.Logs()
	if err != nil {
		t.Fatal(err)
	}
	return s, c, logs
}

// runPrinter runs a shell script in a container that prints into the group /app,
// made for it, and returns the task and its log stream.
func (c *client) runPrinter(t *testing.T, script string) (task, stream string) {
	t.Helper()
	options := map[string]string{"awslogs-group": "/app", "awslogs-create-group": "true", "awslogs-region": live.Region,
		"awslogs-stream-prefix": "web", "mode": "blocking"}
	_, err := c.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("printer"), NetworkMode: types.NetworkModeAwsvpc, ExecutionRoleArn: aws.String("arn:aws:iam::000000000000:role/logs"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(live.RegistryAddress + "/busybox"), Command: []string{"sh", "-c", script},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: options},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := c.request()
	in.TaskDefinition = aws.String("printer")
	out, err := c.RunTask(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	task = *out.Tasks[0].TaskArn
	return task, "web/app/" + taskID(task)
}

// lastLine is the number of the last line of a counter, 0 before the first.
func lastLine(t *testing.T, logs *cloudwatchlogs.Client, stream string) (n int) {
	t.Helper()
	out, err := logs.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: aws.String("/app"), LogStreamName: &stream, Limit: aws.Int32(1)})
	if err != nil || len(out.Events) == 0 {
		return 0 // the driver hasn't made them yet
	}
	if _, err := fmt.Sscanf(*out.Events[0].Message, "line %d", &n); err != nil {
		t.Fatalf("%q: %v", *out.Events[0].Message, err)
	}
	return n
}

// TestCounterIsWhole kills the server ten times while a container counts: some
// times as soon as lines come again, some times at once. There is no gap, no
// double, and no line in a wrong place.
func TestCounterIsWhole(t *testing.T) {
	s, c, logs := newLogsServer(t)
	task, stream := c.runPrinter(t, "trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo line $i; [ $((i % 20)) = 0 ] && usleep 5000; done")
	seen := 0
	for round := range 10 {
		if round%3 != 2 {
			before := seen
			for begun := time.Now(); seen <= before; time.Sleep(5 * time.Millisecond) {
				if seen = lastLine(t, logs, stream); time.Since(begun) > time.Minute {
					t.Fatalf("nothing comes after line %d", before)
				}
			}
		}
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.StopTask(t.Context(), &ecs.StopTaskInput{Task: &task}); err != nil {
		t.Fatal(err)
	}
	c.await(t, []string{task}, "STOPPED")
	n := 0
	pages := cloudwatchlogs.NewGetLogEventsPaginator(logs, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: aws.String("/app"), LogStreamName: &stream, StartFromHead: aws.Bool(true)},
		func(o *cloudwatchlogs.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			if n++; *e.Message != fmt.Sprint("line ", n) {
				t.Fatalf("line %d is %q", n, *e.Message)
			}
		}
	}
	t.Logf("%d lines", n)
	if n < seen {
		t.Errorf("%d lines, after line %d was seen", n, seen)
	}
}

// secondCLI finds an aws CLI of version 2, which has `aws logs tail`.
func secondCLI(t *testing.T) string {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, "aws")
		if out, err := exec.CommandContext(t.Context(), path, "--version").CombinedOutput(); err == nil && strings.HasPrefix(string(out), "aws-cli/2") {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("needs an aws CLI of version 2 (scripts/install-packages test)")
	}
	t.Skip("needs an aws CLI of version 2")
	return ""
}

// TestTailFollow follows a group with the aws CLI: what one container has
// printed, and what another prints once that was seen.
func TestTailFollow(t *testing.T) {
	cli := secondCLI(t)
	s, c, logs := newLogsServer(t)
	_, stream := c.runPrinter(t, "echo line 1; exec sleep 1000")
	for begun := time.Now(); lastLine(t, logs, stream) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatal("the first container prints nothing")
		}
	}
	access, err := s.Access()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), cli, "--endpoint-url", access.Endpoint, "logs", "tail", "/app", "--follow")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+access.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+access.SecretAccessKey,
		"AWS_DEFAULT_REGION="+live.Region, "AWS_REGION="+live.Region, "AWS_EC2_METADATA_DISABLED=true", "PYTHONUNBUFFERED=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()         // as killed
	defer cmd.Process.Kill() // it follows for ever
	giveUp := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	wanted := map[string]string{"line 1": stream}
	for lines := bufio.NewScanner(out); len(wanted) > 0 && lines.Scan(); {
		for text, stream := range maps.Clone(wanted) {
			if !strings.HasSuffix(lines.Text(), " "+stream+" "+text) {
				continue
			}
			delete(wanted, text)
			if text == "line 1" {
				_, second := c.runPrinter(t, "echo line 2; exec sleep 1000")
				wanted["line 2"] = second
			}
		}
	}
	if len(wanted) > 0 {
		t.Errorf("not followed: %v", wanted)
	}
}
