package ecsapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
)

func TestStopTask(t *testing.T) {
	w := newTaskWorld(t)
	arn := *w.run()[0].TaskArn
	id := arn[strings.LastIndex(arn, "/")+1:]
	for _, ref := range []string{id, arn} {
		out, err := w.StopTask(w.ctx, &ecsapi.StopTaskInput{Task: &ref, Reason: wire.Ptr("because of " + ref)})
		if err != nil {
			t.Fatal(err)
		}
		if wire.Val(out.Task.DesiredStatus) != "STOPPED" || wire.Val(out.Task.LastStatus) != "PROVISIONING" ||
			wire.Val(out.Task.StopCode) != "UserInitiated" || !out.Task.StoppingAt.Equal(w.now) || wire.Val(out.Task.StoppedReason) != "because of "+id {
			t.Errorf("%s: %+v", ref, out.Task)
		}
	}
	second := w.run()[0].TaskArn
	out, err := w.StopTask(w.ctx, &ecsapi.StopTaskInput{Task: second})
	if err != nil || wire.Val(out.Task.StoppedReason) != "Task stopped by user" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestStopTaskLeavesAStoppedTaskAlone(t *testing.T) {
	w := newTaskWorld(t)
	arn := w.run()[0].TaskArn
	w.put(*arn, func(s *ecs.TaskStatus) {
		s.Halt(ecs.StopEssentialExited, ecs.ReasonEssentialExited, w.now)
		s.Conclude(w.now)
		s.End(w.now)
	})
	out, err := w.StopTask(w.ctx, &ecsapi.StopTaskInput{Task: arn})
	if err != nil || wire.Val(out.Task.StopCode) != "EssentialContainerExited" || wire.Val(out.Task.LastStatus) != "STOPPED" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestTaskReferences(t *testing.T) {
	w := newTaskWorld(t)
	w.run()
	const invalid = "InvalidParameterException"
	for ref, want := range map[string]string{
		"0123456789abcdef0123456789abcdef":                                 "The referenced task was not found.",
		"arn:aws:ecs:eu-west-1:123456789012:task/default/0123456789abcdef": "The referenced task was not found.",
		"arn:aws:ecs:eu-west-1:123456789012:task/0123456789abcdef":         "The referenced task was not found.",
		"arn:aws:ecs:eu-west-1:123456789012:task/other/0123456789abcdef":   "Identifier is for cluster other. Your cluster is default",
		"arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef": "another account or Region",
		"arn:aws:ecs:eu-west-1:123456789012:cluster/default":               "Invalid identifier",
		"arn:nonsense":          "Invalid identifier",
		strings.Repeat("0", 37): "taskId longer than 36.",
		"no/slashes":            "Invalid identifier",
	} {
		_, err := w.StopTask(w.ctx, &ecsapi.StopTaskInput{Task: &ref})
		wantRefusal(t, err, invalid, want)
	}
	_, err := w.StopTask(w.ctx, &ecsapi.StopTaskInput{Task: wire.Ptr("x"), Reason: wire.Ptr(strings.Repeat("x", 256))})
	wantRefusal(t, err, invalid, "reason")
}

func TestDescribeTasks(t *testing.T) {
	w := newTaskWorld(t)
	arn := *w.run(func(in *ecsapi.RunTaskInput) { in.Tags = []ecsapi.Tag{{Key: wire.Ptr("k"), Value: wire.Ptr("v")}} })[0].TaskArn
	start := w.now.Add(time.Second)
	code := 3
	w.put(arn, func(s *ecs.TaskStatus) {
		s.Provisioned(ecs.Attachment{InterfaceID: "eni-1", MAC: "02:00:00:00:00:01", Address: "172.31.0.4", DNSName: "ip-172-31-0-4.eu-west-1.compute.internal"})
		s.Attached(start)
		s.Started(start)
		s.Halt(ecs.StopEssentialExited, ecs.ReasonEssentialExited, start)
		s.Containers[0].ExitCode, s.Containers[0].Reason = &code, "OutOfMemoryError: Container killed due to memory usage"
		s.Conclude(start)
	})
	out, err := w.DescribeTasks(w.ctx, &ecsapi.DescribeTasksInput{Tasks: []string{arn, "missing"}, Include: []string{"TAGS"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Failures) != 1 || wire.Val(out.Failures[0].Reason) != "MISSING" ||
		wire.Val(out.Failures[0].Arn) != "arn:aws:ecs:eu-west-1:123456789012:task/default/missing" {
		t.Errorf("failures %+v", out.Failures)
	}
	task := out.Tasks[0]
	var details []string
	for _, d := range task.Attachments[0].Details[1:] {
		details = append(details, wire.Val(d.Name)+"="+wire.Val(d.Value))
	}
	want := []string{
		"networkInterfaceId=eni-1", "macAddress=02:00:00:00:00:01",
		"privateDnsName=ip-172-31-0-4.eu-west-1.compute.internal", "privateIPv4Address=172.31.0.4",
	}
	if !slices.Equal(details, want) || wire.Val(task.Attachments[0].Status) != "DETACHING" {
		t.Errorf("attachment %v %s", details, wire.Val(task.Attachments[0].Status))
	}
	c := task.Containers[0]
	if wire.Val(c.ExitCode) != 3 || wire.Val(c.LastStatus) != "STOPPED" || !strings.HasPrefix(wire.Val(c.Reason), "OutOfMemoryError") ||
		wire.Val(c.NetworkInterfaces[0].PrivateIpv4Address) != "172.31.0.4" || wire.Val(c.NetworkInterfaces[0].AttachmentId) != wire.Val(task.Attachments[0].Id) {
		t.Errorf("container %+v", c)
	}
	if wire.Val(task.LastStatus) != "DEPROVISIONING" || wire.Val(task.DesiredStatus) != "STOPPED" || !task.StartedAt.Equal(start) ||
		!task.ExecutionStoppedAt.Equal(start) || wire.Val(task.Connectivity) != "CONNECTED" || len(task.Tags) != 1 {
		t.Errorf("task %+v", task)
	}
	out, err = w.DescribeTasks(w.ctx, &ecsapi.DescribeTasksInput{Tasks: []string{arn}})
	if err != nil || len(out.Tasks[0].Tags) != 0 {
		t.Errorf("tags that weren't asked for: %v, %v", out, err)
	}
}

func TestDescribeTasksRefuses(t *testing.T) {
	w := newTaskWorld(t)
	for want, refs := range map[string][]string{
		"Tasks cannot be empty.":           nil,
		"Tasks can have at most 100 items": make([]string, 101),
		"Identifier is for cluster other":  {"arn:aws:ecs:eu-west-1:123456789012:task/other/1"},
	} {
		_, err := w.DescribeTasks(w.ctx, &ecsapi.DescribeTasksInput{Tasks: refs})
		wantRefusal(t, err, "InvalidParameterException", want)
	}
	_, err := w.DescribeTasks(w.ctx, &ecsapi.DescribeTasksInput{Cluster: wire.Ptr("nowhere"), Tasks: []string{"x"}})
	wantRefusal(t, err, "ClusterNotFoundException", "")
}

func TestListTasksFilters(t *testing.T) {
	w := newTaskWorld(t)
	mine := *w.run(func(in *ecsapi.RunTaskInput) { in.StartedBy = wire.Ptr("me") })[0].TaskArn
	ended := *w.run()[0].TaskArn
	w.put(ended, func(s *ecs.TaskStatus) { s.Advance(ecs.TaskStopped) })
	elsewhere := *w.run(func(in *ecsapi.RunTaskInput) { in.Cluster = wire.Ptr("other") })[0].TaskArn
	str := wire.Ptr[string]
	for name, c := range map[string]struct {
		in   ecsapi.ListTasksInput
		want []string
	}{
		"nothing":         {ecsapi.ListTasksInput{}, []string{mine}},
		"stopped":         {ecsapi.ListTasksInput{DesiredStatus: str("STOPPED")}, []string{ended}},
		"pending":         {ecsapi.ListTasksInput{DesiredStatus: str("PENDING")}, nil},
		"cluster":         {ecsapi.ListTasksInput{Cluster: str("other")}, []string{elsewhere}},
		"family":          {ecsapi.ListTasksInput{Family: str("app")}, []string{mine}},
		"other family":    {ecsapi.ListTasksInput{Family: str("ap")}, nil},
		"startedBy":       {ecsapi.ListTasksInput{StartedBy: str("me")}, []string{mine}},
		"other startedBy": {ecsapi.ListTasksInput{StartedBy: str("you")}, nil},
		"launch type":     {ecsapi.ListTasksInput{LaunchType: str("FARGATE")}, []string{mine}},
		"EC2":             {ecsapi.ListTasksInput{LaunchType: str("EC2")}, nil},
	} {
		out, err := w.ListTasks(w.ctx, &c.in)
		if err != nil || !slices.Equal(out.TaskArns, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, out, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		in   ecsapi.ListTasksInput
		code string
	}{
		"startedBy and family":  {ecsapi.ListTasksInput{StartedBy: str("me"), Family: str("app")}, "InvalidParameterException"},
		"startedBy and service": {ecsapi.ListTasksInput{StartedBy: str("me"), ServiceName: str("web")}, "InvalidParameterException"},
		"family and service":    {ecsapi.ListTasksInput{Family: str("app"), ServiceName: str("web")}, "InvalidParameterException"},
		"service":               {ecsapi.ListTasksInput{ServiceName: str("web")}, "ServiceNotFoundException"},
		"instance":              {ecsapi.ListTasksInput{ContainerInstance: str("i")}, "InvalidParameterException"},
		"daemon":                {ecsapi.ListTasksInput{DaemonName: str("d")}, "InvalidParameterException"},
		"cluster":               {ecsapi.ListTasksInput{Cluster: str("nowhere")}, "ClusterNotFoundException"},
		"token":                 {ecsapi.ListTasksInput{NextToken: str("x")}, "InvalidParameterException"},
	} {
		_, err := w.ListTasks(w.ctx, &c.in)
		t.Run(name, func(t *testing.T) { wantRefusal(t, err, c.code, "") })
	}
}

func TestListTasksPages(t *testing.T) {
	w := newTaskWorld(t)
	for range 25 {
		w.run(func(in *ecsapi.RunTaskInput) { in.Count = wire.Ptr(int32(10)) })
	}
	seen := map[string]bool{}
	var sizes []int
	for in := (&ecsapi.ListTasksInput{}); ; {
		out, err := w.ListTasks(w.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(out.TaskArns))
		for _, arn := range out.TaskArns {
			seen[arn] = true
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if fmt.Sprint(sizes) != "[100 100 50]" || len(seen) != 250 {
		t.Errorf("pages %v, %d tasks", sizes, len(seen))
	}
}
