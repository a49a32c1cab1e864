package demo

import (
	"context"
	"fmt"
	"strings"
)

// task is what the demo reads of DescribeTasks.
type task struct {
	TaskArn, LastStatus, StoppedReason string

	Containers  []struct{ Reason string }
	Attachments []struct {
		Details []struct{ Name, Value string }
	}
}

func describeTask(ctx context.Context, c *Client, arn string) (*task, error) {
	var out struct{ Tasks []task }
	if err := c.ecs(ctx, "DescribeTasks", map[string]any{"cluster": cluster, "tasks": []string{arn}}, &out); err != nil {
		return nil, err
	}
	if len(out.Tasks) == 0 {
		return nil, fmt.Errorf("task %s is gone", arn)
	}
	return &out.Tasks[0], nil
}

// eni is the ID of the task's network interface, "" before it has one.
func (t *task) eni() string {
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if d.Name == "networkInterfaceId" {
				return d.Value
			}
		}
	}
	return ""
}

func (t *task) containerReasons() string {
	var out []string
	for _, c := range t.Containers {
		if c.Reason != "" {
			out = append(out, c.Reason)
		}
	}
	return strings.Join(out, "; ")
}
