package demo

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// Clean removes all that Deploy made; what is gone already is passed over.
func Clean(ctx context.Context, c *Client, p *Progress) error {
	p.step("Stop the demo's tasks", "aws ecs stop-task --cluster "+cluster+" --task …")
	if err := stopTasks(ctx, c, p); err != nil {
		return err
	}
	p.step("Deregister and delete the task definitions", "aws ecs deregister-task-definition --task-definition "+family+":1 …")
	if err := deleteDefinitions(ctx, c, p); err != nil {
		return err
	}
	p.step("Delete the security group", "aws ec2 delete-security-group --group-name "+group)
	id, err := findGroup(ctx, c)
	if err != nil {
		return err
	}
	if id != "" {
		if err := c.ec2(ctx, "DeleteSecurityGroup", url.Values{"GroupId": {id}}, nil); err != nil {
			return err
		}
		p.say("%s", id)
	}
	p.step("Delete the cluster", "aws ecs delete-cluster --cluster "+cluster)
	err = c.ecs(ctx, "DeleteCluster", map[string]any{"cluster": cluster}, nil)
	if isCode(err, "ClusterNotFoundException") {
		return nil
	}
	return err
}

// stopTasks stops the cluster's tasks and waits until they have: the security
// group and the cluster can't go before.
func stopTasks(ctx context.Context, c *Client, p *Progress) error {
	var running struct{ TaskArns []string }
	err := c.ecs(ctx, "ListTasks", map[string]any{"cluster": cluster}, &running)
	if isCode(err, "ClusterNotFoundException") {
		return nil
	}
	if err != nil {
		return err
	}
	for _, arn := range running.TaskArns {
		in := map[string]any{"cluster": cluster, "task": arn, "reason": "kaimon demo --clean"}
		if err := c.ecs(ctx, "StopTask", in, nil); err != nil {
			return err
		}
	}
	for _, arn := range running.TaskArns {
		for {
			t, err := describeTask(ctx, c, arn)
			if err != nil {
				return err
			}
			if t.LastStatus == "STOPPED" {
				p.say("%s stopped", arn)
				break
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}

func deleteDefinitions(ctx context.Context, c *Client, p *Progress) error {
	for _, status := range []string{"ACTIVE", "INACTIVE"} {
		var out struct{ TaskDefinitionArns []string }
		in := map[string]any{"familyPrefix": family, "status": status}
		if err := c.ecs(ctx, "ListTaskDefinitions", in, &out); err != nil {
			return err
		}
		for _, arn := range out.TaskDefinitionArns {
			action, in := "DeregisterTaskDefinition", map[string]any{"taskDefinition": arn}
			if status == "INACTIVE" {
				action, in = "DeleteTaskDefinitions", map[string]any{"taskDefinitions": []string{arn}}
			}
			if err := c.ecs(ctx, action, in, nil); err != nil {
				return err
			}
			p.say("%s %s", action, arn)
		}
	}
	return nil
}

func isCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
