package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/test/live"
)

// client is the Go SDK as a user of one server, with a task definition to run.
type client struct {
	*ecs.Client
	subnet string
}

// definition is a task that sleeps until it is stopped.
const definition = "sleep"

// newClient makes what a task needs: a cluster and a definition.
func newClient(t *testing.T, s *live.Server) *client {
	t.Helper()
	c := &client{}
	var err error
	if c.Client, err = s.ECS(); err != nil {
		t.Fatal(err)
	}
	network, err := s.EC2()
	if err != nil {
		t.Fatal(err)
	}
	subnets, err := network.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	c.subnet = *subnets.Subnets[0].SubnetId
	if _, err := c.CreateCluster(t.Context(), &ecs.CreateClusterInput{}); err != nil {
		t.Fatal(err)
	}
	_, err = c.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(definition), NetworkMode: types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		Cpu:                     aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(live.RegistryAddress + "/busybox"),
			Command: []string{"sleep", "86400"}, StopTimeout: aws.Int32(2),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// request is a RunTask of the definition.
func (c *client) request() *ecs.RunTaskInput {
	return &ecs.RunTaskInput{
		TaskDefinition: aws.String(definition), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{
			AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{c.subnet}},
		},
	}
}

// describe returns tasks by their ARNs, however many.
func (c *client) describe(t *testing.T, arns []string) map[string]types.Task {
	t.Helper()
	all := map[string]types.Task{}
	for len(arns) > 0 {
		n := min(100, len(arns))
		out, err := c.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: arns[:n]})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range out.Tasks {
			all[*task.TaskArn] = task
		}
		arns = arns[n:]
	}
	return all
}

// await waits until every task has a status, and returns them.
func (c *client) await(t *testing.T, arns []string, status string) map[string]types.Task {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		all := c.describe(t, arns)
		missing := len(arns) - len(all)
		for _, task := range all {
			switch *task.LastStatus {
			case status:
			case "STOPPED":
				t.Fatalf("%s stopped: %s", *task.TaskArn, aws.ToString(task.StoppedReason))
			default:
				missing++
			}
		}
		if missing == 0 {
			return all
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("%d of %d tasks aren't %s", missing, len(arns), status)
		}
	}
}

// list returns the ARNs of all tasks with a desired status, page by page.
func (c *client) list(t *testing.T, desired types.DesiredStatus, pageSize int32) []string {
	t.Helper()
	var arns []string
	pages := ecs.NewListTasksPaginator(c, &ecs.ListTasksInput{DesiredStatus: desired, MaxResults: &pageSize})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(page.TaskArns) > int(pageSize) {
			t.Fatalf("a page of %d, more than %d", len(page.TaskArns), pageSize)
		}
		arns = append(arns, page.TaskArns...)
	}
	return arns
}

// taskID is the last part of a task's ARN.
func taskID(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// address is a running task's private address.
func address(task types.Task) string {
	return aws.ToString(task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address)
}
