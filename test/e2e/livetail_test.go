package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"kaimon.dev/kaimon/test/live"
)

// TestLiveTail follows a group while a container prints into it.
func TestLiveTail(t *testing.T) {
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
	if _, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/app")}); err != nil {
		t.Fatal(err)
	}
	groups, err := logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	tail, err := logs.StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{
		LogGroupIdentifiers: []string{*groups.LogGroups[0].LogGroupArn}, LogEventFilterPattern: aws.String("ERROR"),
	})
	if err != nil {
		t.Fatal(err)
	}
	stream := tail.GetStream()
	defer stream.Close()
	if _, ok := (<-stream.Events()).(*logstypes.StartLiveTailResponseStreamMemberSessionStart); !ok {
		t.Fatalf("no session: %v", stream.Err())
	}
	_, err = c.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("printer"), NetworkMode: types.NetworkModeAwsvpc, ExecutionRoleArn: aws.String("arn:aws:iam::000000000000:role/logs"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(live.RegistryAddress + "/busybox"),
			Command: []string{"sh", "-c", "echo fine; echo ERROR one; echo ERROR two"},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "/app", "awslogs-region": live.Region, "awslogs-stream-prefix": "web",
			}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := c.request()
	in.TaskDefinition = aws.String("printer")
	if _, err := c.RunTask(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	var got []string
	for e := range stream.Events() {
		update, ok := e.(*logstypes.StartLiveTailResponseStreamMemberSessionUpdate)
		if !ok {
			t.Fatalf("event %T", e)
		}
		for _, r := range update.Value.SessionResults {
			if !strings.HasPrefix(*r.LogStreamName, "web/app/") || *r.LogGroupIdentifier != "000000000000:/app" {
				t.Errorf("from %s of %s", *r.LogStreamName, *r.LogGroupIdentifier)
			}
			got = append(got, *r.Message)
		}
		if len(got) >= 2 {
			break
		}
	}
	if want := "ERROR one, ERROR two"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %s: %v", got, want, stream.Err())
	}
}
