package ecsapi_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
)

func TestTaskProtection(t *testing.T) {
	w := newTaskWorld(t)
	w.service("web")
	w.start("web", ecs.TaskRunning, 2)
	list, err := w.ListTasks(w.ctx, &ecsapi.ListTasksInput{ServiceName: wire.Ptr("web")})
	if err != nil {
		t.Fatal(err)
	}
	alone, cluster := *w.run()[0].TaskArn, wire.Ptr("default")
	protect := func(on bool, minutes *int32) *ecsapi.UpdateTaskProtectionOutput {
		out, err := w.UpdateTaskProtection(w.ctx, &ecsapi.UpdateTaskProtectionInput{
			Cluster: cluster, Tasks: []string{list.TaskArns[0], alone, "nope"}, ProtectionEnabled: &on, ExpiresInMinutes: minutes,
		})
		if err != nil || len(out.ProtectedTasks) != 1 || len(out.Failures) != 2 {
			t.Fatalf("%+v, %v", out, err)
		}
		return out
	}
	out := protect(true, nil)
	if p := out.ProtectedTasks[0]; !*p.ProtectionEnabled || !p.ExpirationDate.Equal(w.now.Add(2*time.Hour)) {
		t.Errorf("protected %+v", p)
	}
	if a, b := *out.Failures[0].Reason, *out.Failures[1].Reason; a != "TASK_NOT_VALID" || b != "MISSING" {
		t.Errorf("failures %s, %s", a, b)
	}
	get := func() (first, second bool) {
		out, err := w.GetTaskProtection(w.ctx, &ecsapi.GetTaskProtectionInput{Cluster: cluster, Tasks: list.TaskArns})
		if err != nil || len(out.ProtectedTasks) != 2 {
			t.Fatalf("%+v, %v", out, err)
		}
		return *out.ProtectedTasks[0].ProtectionEnabled, *out.ProtectedTasks[1].ProtectionEnabled
	}
	if a, b := get(); !a || b {
		t.Errorf("protected: %v, %v", a, b)
	}
	protect(true, wire.Ptr[int32](1))
	if w.now = w.now.Add(time.Minute); ecs.ProtectedUntil(w.store.Snapshot(), list.TaskArns[0], w.now) != (time.Time{}) {
		t.Error("protected for longer than a minute")
	}
	protect(true, wire.Ptr[int32](2880))
	protect(false, nil)
	if a, _ := get(); a {
		t.Error("still protected")
	}
	for name, in := range map[string]ecsapi.UpdateTaskProtectionInput{
		"no tasks": {}, "11 tasks": {Tasks: make([]string, 11)}, "too short": {Tasks: list.TaskArns, ExpiresInMinutes: wire.Ptr[int32](0)},
		"too long": {Tasks: list.TaskArns, ExpiresInMinutes: wire.Ptr[int32](2881)}, "malformed": {Tasks: []string{"a b"}},
	} {
		in.Cluster, in.ProtectionEnabled = cluster, wire.Ptr(true)
		_, err := w.UpdateTaskProtection(w.ctx, &in)
		t.Run(name, func(t *testing.T) { wantRefusal(t, err, "InvalidParameterException", "") })
	}
	_, err = w.GetTaskProtection(w.ctx, &ecsapi.GetTaskProtectionInput{Cluster: cluster})
	wantRefusal(t, err, "InvalidParameterException", "")
	_, err = w.GetTaskProtection(w.ctx, &ecsapi.GetTaskProtectionInput{Cluster: wire.Ptr("nowhere"), Tasks: list.TaskArns})
	wantRefusal(t, err, "ClusterNotFoundException", "")
}
