package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
)

// BenchmarkEncodeTasks encodes an answer of 100 tasks of one container, the
// most that DescribeTasks gives at once.
func BenchmarkEncodeTasks(b *testing.B) {
	op, _ := ecsService.Operation("DescribeTasks")
	codec, _ := wire.CodecOf(wire.JSON11)
	task := ecsapi.Task{
		TaskArn: wire.Ptr("arn:aws:ecs:eu-west-1:000000000000:task/default/0123456789abcdef0123456789abcdef"), LastStatus: wire.Ptr("RUNNING"),
		DesiredStatus: wire.Ptr("RUNNING"), Cpu: wire.Ptr("256"), Memory: wire.Ptr("512"), LaunchType: wire.Ptr("FARGATE"), Version: wire.Ptr(int64(4)),
		Attachments: []ecsapi.Attachment{{Id: wire.Ptr("a"), Type: wire.Ptr("ElasticNetworkInterface"), Details: []ecsapi.KeyValuePair{
			{Name: wire.Ptr("subnetId"), Value: wire.Ptr("subnet-1")}, {Name: wire.Ptr("networkInterfaceId"), Value: wire.Ptr("eni-1")},
		}}},
		Containers: []ecsapi.Container{{Name: wire.Ptr("web"), Image: wire.Ptr("nginx"), LastStatus: wire.Ptr("RUNNING"), NetworkInterfaces: []ecsapi.NetworkInterface{{AttachmentId: wire.Ptr("a")}}}},
		Tags:       []ecsapi.Tag{},
	}
	out := &ecsapi.DescribeTasksOutput{Tasks: make([]ecsapi.Task, 100), Failures: []ecsapi.Failure{}}
	for i := range out.Tasks {
		out.Tasks[i] = task
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Encode(ecsService, op, out, "id"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeRunTask decodes and validates a RunTask with every member set.
func BenchmarkDecodeRunTask(b *testing.B) {
	op, _ := ecsService.Operation("RunTask")
	codec, _ := wire.CodecOf(wire.JSON11)
	body, err := json.Marshal(sample(op.Input(), 0))
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		in, err := codec.Decode(ecsService, op, r, body)
		if err != nil {
			b.Fatal(err)
		}
		_ = ecsService.Validate(op, in)
	}
}
