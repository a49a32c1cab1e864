package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/test/live"
)

// cluster, family and volume are the names that the benches use.
const (
	cluster = "bench"
	family  = "bench"
	volume  = "stamp"
)

// target is a server with what a task of the bench needs.
type target struct {
	*live.Server
	access live.Access
	subnet string
}

// open starts a server with an empty store, a cluster and a task definition.
func (b *bench) open(ctx context.Context, name string) (*target, time.Duration, error) {
	t := &target{Server: live.New(filepath.Join(b.dir, name))}
	ready, err := t.Start(ctx, "--log-level", "warn")
	if err != nil {
		return nil, 0, err
	}
	if t.access, err = t.Access(); err != nil {
		return nil, 0, err
	}
	client, err := t.EC2()
	if err != nil {
		return nil, 0, err
	}
	subnets, err := client.DescribeSubnets(ctx, nil)
	if err != nil {
		return nil, 0, err
	}
	t.subnet = *subnets.Subnets[0].SubnetId
	if err := t.call(ctx, "CreateCluster", map[string]any{"clusterName": cluster}, nil); err != nil {
		return nil, 0, err
	}
	for name, command := range map[string][]string{family: {"/stamp/t"}, family + "-exit": {"-exit", "/stamp/t"}} {
		definition := map[string]any{
			"family": name, "networkMode": "awsvpc", "cpu": "256", "memory": "512",
			"requiresCompatibilities": []string{"FARGATE"},
			"volumes":                 []any{map[string]any{"name": volume}},
			"containerDefinitions": []any{map[string]any{
				"name": "main", "image": live.RegistryAddress + "/stamp", "command": command,
				"mountPoints": []any{map[string]any{"sourceVolume": volume, "containerPath": "/stamp"}},
			}},
		}
		if err := t.call(ctx, "RegisterTaskDefinition", definition, nil); err != nil {
			return nil, 0, err
		}
	}
	return t, ready, nil
}

// call calls an ECS operation; out may be nil.
func (t *target) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	status, answer, err := t.access.Call(ctx, operation, string(body))
	if err != nil {
		return err
	}
	if status != 200 {
		return fmt.Errorf("%s: %d %s", operation, status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal([]byte(answer), out)
}

// run starts count tasks of a family and returns their IDs.
func (t *target) run(ctx context.Context, family string, count int) ([]string, error) {
	var out struct {
		Tasks    []struct{ TaskArn string }
		Failures []any
	}
	err := t.call(ctx, "RunTask", map[string]any{
		"cluster": cluster, "taskDefinition": family, "count": count, "launchType": "FARGATE",
		"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{"subnets": []string{t.subnet}}},
	}, &out)
	if err != nil {
		return nil, err
	}
	if len(out.Tasks) != count {
		return nil, fmt.Errorf("RunTask: %d of %d tasks: %v", len(out.Tasks), count, out.Failures)
	}
	var ids []string
	for _, task := range out.Tasks {
		ids = append(ids, task.TaskArn[strings.LastIndex(task.TaskArn, "/")+1:])
	}
	return ids, nil
}

// stamped waits for the time that a task's container wrote as its first act. The
// container took it from the same clock, so how long it takes to be seen is of no
// account.
func (t *target) stamped(ctx context.Context, id string) (time.Time, error) {
	pattern := filepath.Join(t.DataDir, "runtime", "*", id, "volumes", volume, "t")
	for {
		if found, _ := filepath.Glob(pattern); len(found) == 1 {
			if text, err := os.ReadFile(found[0]); err == nil && len(text) > 0 {
				n, err := strconv.ParseInt(string(text), 10, 64)
				return time.Unix(0, n), err
			}
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("task %s wrote nothing: %w\n%s", id, ctx.Err(), t.Tail(20))
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// list returns the cluster's tasks of a desired status.
func (t *target) list(ctx context.Context, desired string) ([]string, error) {
	var all []string
	for token := ""; ; {
		var out struct {
			TaskArns  []string
			NextToken string
		}
		in := map[string]any{"cluster": cluster, "desiredStatus": desired}
		if token != "" {
			in["nextToken"] = token
		}
		if err := t.call(ctx, "ListTasks", in, &out); err != nil {
			return nil, err
		}
		all = append(all, out.TaskArns...)
		if token = out.NextToken; token == "" {
			return all, nil
		}
	}
}

// stop stops a task and waits until it has.
func (t *target) stop(ctx context.Context, id string) error {
	if err := t.call(ctx, "StopTask", map[string]any{"cluster": cluster, "task": id}, nil); err != nil {
		return err
	}
	return t.await(ctx, id, "STOPPED")
}

// await waits until a task has a status.
func (t *target) await(ctx context.Context, id, status string) error {
	for {
		var out struct {
			Tasks []struct{ LastStatus, StoppedReason string }
		}
		if err := t.call(ctx, "DescribeTasks", map[string]any{"cluster": cluster, "tasks": []string{id}}, &out); err != nil {
			return err
		}
		if len(out.Tasks) != 1 {
			return errors.New("the task is gone")
		}
		switch out.Tasks[0].LastStatus {
		case status:
			return nil
		case "STOPPED":
			return fmt.Errorf("task %s stopped: %s", id, out.Tasks[0].StoppedReason)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}
