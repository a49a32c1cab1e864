package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// TestLiveTail follows a group while a container prints into it.
func TestLiveTail(t *testing.T) {
	_, c, logs := newLogsServer(t)
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
	_, printer := c.runPrinter(t, "echo fine; echo ERROR one; echo ERROR two")
	var got []string
	for e := range stream.Events() {
		update, ok := e.(*logstypes.StartLiveTailResponseStreamMemberSessionUpdate)
		if !ok {
			t.Fatalf("event %T", e)
		}
		for _, r := range update.Value.SessionResults {
			if *r.LogStreamName != printer || *r.LogGroupIdentifier != "000000000000:/app" {
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
