package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/test/live"
)

const (
	// driverLines is how many lines of 100 bytes a container writes as fast as it can.
	driverLines = 3_000_000
	// driverTarget is how many of them a second should go through the driver.
	driverTarget = 200_000
	// printed is how many lines are printed one by one, readableIn how soon each
	// should be readable.
	printed    = 50
	readableIn = 200 * time.Millisecond
)

// logsWorld is a world with a client of CloudWatch Logs and a group for containers.
type logsWorld struct {
	*world
	logs *cloudwatchlogs.Client
}

const driverGroup = "/bench/driver"

// measureLogs measures what containers print and clients put until it is kept,
// and how long it takes to find it.
func measureLogs(ctx context.Context, dir string, _ int) (table, error) {
	var rows table
	err := withWorld(ctx, dir, "logs", func(w *world) error {
		client, err := w.Logs()
		if err != nil {
			return err
		}
		l := &logsWorld{w, client}
		for _, measure := range []func(context.Context) (table, error){l.measureDriver, l.measurePrinted, l.measureStored} {
			some, err := measure(ctx)
			rows = append(rows, some...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

// measureDriver has a container write a file of lines as fast as it can. The
// lines' own times, which are those of their arrival, tell how long that took.
func (w *logsWorld) measureDriver(ctx context.Context) (table, error) {
	const part = driverLines / 3
	line := strings.Repeat("x", 99)
	script := fmt.Sprintf("yes %s | head -c %d > /tmp/part; cat /tmp/part /tmp/part /tmp/part", line, part*100)
	if err := w.defineLogged(ctx, "writer", "sh", "-c", script); err != nil {
		return nil, err
	}
	task, err := w.runTask(ctx, "writer")
	if err != nil {
		return nil, err
	}
	if _, err := w.await(ctx, "STOPPED", task); err != nil {
		return nil, err
	}
	stream := "bench/app/" + task[strings.LastIndexByte(task, '/')+1:]
	var at [2]int64
	for i, head := range []bool{true, false} {
		out, err := w.logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: aws.String(driverGroup), LogStreamName: &stream, Limit: aws.Int32(1), StartFromHead: &head})
		if err != nil || len(out.Events) != 1 {
			return nil, fmt.Errorf("the driver's events: %v, %w", out, err)
		}
		at[i] = *out.Events[0].Timestamp
	}
	kept, err := w.count(ctx, driverGroup)
	if err != nil {
		return nil, err
	}
	if kept != fmt.Sprint(driverLines) {
		return nil, fmt.Errorf("%s lines of %d are kept", kept, driverLines)
	}
	rate := driverLines / (float64(at[1]-at[0]) / 1000)
	return table{{
		what:  fmt.Sprintf("awslogs driver, %d million lines of 100 bytes of one container", driverLines/1_000_000),
		value: fmt.Sprintf("%.0f lines/s", rate), target: fmt.Sprintf("≥ %d lines/s", driverTarget), met: rate >= driverTarget,
	}}, nil
}

// count counts a group's events by a query.
func (w *logsWorld) count(ctx context.Context, group string) (string, error) {
	q, err := w.logs.StartQuery(ctx, &cloudwatchlogs.StartQueryInput{
		LogGroupName: &group, StartTime: aws.Int64(0), EndTime: aws.Int64(time.Now().Unix() + 60), QueryString: aws.String("stats count(*)")})
	if err != nil {
		return "", err
	}
	for {
		out, err := w.logs.GetQueryResults(ctx, &cloudwatchlogs.GetQueryResultsInput{QueryId: q.QueryId})
		switch {
		case err != nil:
			return "", err
		case out.Status == logstypes.QueryStatusRunning, out.Status == logstypes.QueryStatusScheduled:
			time.Sleep(20 * time.Millisecond)
		case len(out.Results) != 1:
			return "", fmt.Errorf("the query is %s with %d rows", out.Status, len(out.Results))
		default:
			return *out.Results[0][0].Value, nil
		}
	}
}

// measurePrinted has a container print what it is told, and asks for it until it
// is there.
func (w *logsWorld) measurePrinted(ctx context.Context) (table, error) {
	l, err := listen()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if err := w.defineLogged(ctx, "echo", speak...); err != nil {
		return nil, err
	}
	task, err := w.runTask(ctx, "echo")
	if err != nil {
		return nil, err
	}
	c, err := l.Accept()
	if err != nil {
		return nil, err
	}
	stream := "bench/app/" + task[strings.LastIndexByte(task, '/')+1:]
	in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String(driverGroup), LogStreamName: &stream, StartFromHead: aws.Bool(true)}
	var all []time.Duration
	for i := range printed {
		begun := time.Now()
		if _, err := fmt.Fprintln(c, "line", i); err != nil {
			return nil, err
		}
		for there := false; !there; {
			out, err := w.logs.GetLogEvents(ctx, in)
			if err != nil {
				return nil, err
			}
			in.NextToken, there = out.NextForwardToken, len(out.Events) > 0
		}
		all = append(all, time.Since(begun))
	}
	if err := w.end(ctx, c, task); err != nil {
		return nil, err
	}
	return table{
		atMost(fmt.Sprintf("a line printed until it is readable, p50 of %d", len(all)), quantile(all, 0.5), 0),
		atMost("  the slowest", quantile(all, 1), readableIn),
	}, nil
}

// defineLogged registers a task of one container that prints into the group.
func (w *logsWorld) defineLogged(ctx context.Context, family string, command ...string) error {
	image := live.RegistryAddress + "/busybox"
	_, err := w.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: &family, NetworkMode: types.NetworkModeAwsvpc, ExecutionRoleArn: aws.String("arn:aws:iam::000000000000:role/logs"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, Cpu: aws.String("2048"), Memory: aws.String("4096"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: &image, Command: command, StopTimeout: aws.Int32(2),
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"mode": "blocking", "awslogs-group": driverGroup, "awslogs-create-group": "true", "awslogs-region": live.Region, "awslogs-stream-prefix": "bench",
			}},
		}},
	})
	return err
}
