package ecsctl

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// seen is a task of a service that has run since noon and was looked at later.
func seen(after time.Duration, change func(v *unitView)) unitView {
	t := &ecs.Task{ARN: "arn:task/1", ID: "1", RevisionARN: "arn:rev/7", Containers: []ecs.TaskContainer{{Name: "main", Essential: true}}}
	s := ecs.NewTaskStatus(t)
	s.LastStatus, s.StartedAt = ecs.TaskRunning, noon
	v := unitView{task: t, status: &s, now: noon.Add(after)}
	if change != nil {
		change(&v)
	}
	return v
}

func checkedAs(health string) func(v *unitView) {
	return func(v *unitView) { v.task.Containers[0].HealthChecked, v.status.Health = true, health }
}

func targetAs(registered bool, state string) func(v *unitView) {
	return func(v *unitView) {
		v.targets = []targetView{{groupTarget{"arn:tg", elbv2.Target{ID: "172.31.0.9", Port: 80}}, registered, elbv2.Health{State: state}}}
	}
}

func ended(code ecs.StopCode, ran time.Duration) func(v *unitView) {
	return func(v *unitView) { v.status.Halt(code, "why", v.status.StartedAt.Add(ran)) }
}

func both(a, b func(v *unitView)) func(v *unitView) { return func(v *unitView) { a(v); b(v) } }

func TestClassify(t *testing.T) {
	inGrace := func(v *unitView) { v.grace = time.Minute }
	for name, test := range map[string]struct {
		v      unitView
		class  class
		failed bool
	}{
		"on its way":                 {seen(0, func(v *unitView) { v.status.LastStatus = ecs.TaskActivating }), pending, false},
		"just started":               {seen(time.Second, nil), warming, false},
		"has stood":                  {seen(settling, nil), up, false},
		"unchecked container":        {seen(time.Hour, checkedAs(ecs.HealthUnknown)), warming, false},
		"healthy container":          {seen(0, checkedAs(ecs.HealthHealthy)), up, false},
		"unhealthy container":        {seen(0, checkedAs(ecs.HealthUnhealthy)), sick, true},
		"in its grace period":        {seen(59*time.Second, both(checkedAs(ecs.HealthUnhealthy), inGrace)), warming, false},
		"after its grace period":     {seen(time.Minute, both(checkedAs(ecs.HealthUnhealthy), inGrace)), sick, true},
		"not registered":             {seen(time.Hour, targetAs(false, elbv2.Unused)), warming, false},
		"initial target":             {seen(time.Hour, targetAs(true, elbv2.Initial)), warming, false},
		"healthy target":             {seen(0, targetAs(true, elbv2.Healthy)), up, false},
		"unused target":              {seen(0, targetAs(true, elbv2.Unused)), up, false},
		"unhealthy target":           {seen(0, targetAs(true, elbv2.Unhealthy)), sick, true},
		"healthy target, container?": {seen(0, both(targetAs(true, elbv2.Healthy), checkedAs(ecs.HealthUnknown))), warming, false},
		"asked to stop":              {seen(0, func(v *unitView) { v.task.Stop = &ecs.StopRequest{} }), ending, false},
		"ended at start":             {seen(0, ended(ecs.StopEssentialExited, time.Second)), ending, true},
		"ended after it stood":       {seen(0, ended(ecs.StopEssentialExited, settling)), ending, false},
		"ended unhealthy":            {seen(0, both(checkedAs(ecs.HealthUnknown), ended(ecs.StopEssentialExited, time.Hour))), ending, true},
		"did not start":              {seen(0, ended(ecs.StopFailedToStart, 0)), ending, true},
		"lost with the machine":      {seen(0, ended(ecs.StopTerminated, 0)), ending, false},
		"counted already":            {seen(0, both(ended(ecs.StopFailedToStart, 0), func(v *unitView) { v.status.Settled = true })), ending, false},
		"was up before":              {seen(0, both(ended(ecs.StopEssentialExited, 0), func(v *unitView) { v.wasUp = true })), ending, false},
		"gone":                       {seen(0, func(v *unitView) { v.status.LastStatus = ecs.TaskStopped }), gone, false},
	} {
		if u := classify(test.v); u.class != test.class || u.failed != test.failed {
			t.Errorf("%s: class %d, failed %v; want %d, %v", name, u.class, u.failed, test.class, test.failed)
		}
	}
}

func TestClassifyTargets(t *testing.T) {
	stopping := func(v *unitView) { v.task.Stop = &ecs.StopRequest{} }
	for name, test := range map[string]struct {
		v                            unitView
		register, deregister, drains int
	}{
		"to register":     {seen(0, targetAs(false, elbv2.Unused)), 1, 0, 0},
		"registered":      {seen(0, targetAs(true, elbv2.Healthy)), 0, 0, 1},
		"to deregister":   {seen(0, both(targetAs(true, elbv2.Healthy), stopping)), 0, 1, 0},
		"deregistered":    {seen(0, both(targetAs(false, elbv2.Draining), stopping)), 0, 0, 0},
		"not yet running": {seen(0, both(targetAs(false, elbv2.Unused), func(v *unitView) { v.status.LastStatus = ecs.TaskPending })), 0, 0, 0},
	} {
		u := classify(test.v)
		if len(u.register) != test.register || len(u.deregister) != test.deregister || len(u.drains) != test.drains {
			t.Errorf("%s: register %v, deregister %v, drains %v", name, u.register, u.deregister, u.drains)
		}
	}
}

// Time alone changes a class just when due says so.
func TestDue(t *testing.T) {
	for name, v := range map[string]unitView{
		"settling": seen(time.Second, nil),
		"grace":    seen(time.Second, both(checkedAs(ecs.HealthUnhealthy), func(v *unitView) { v.grace = time.Minute })),
	} {
		u := classify(v)
		if u.due.IsZero() {
			t.Fatalf("%s: never due", name)
		}
		v.now = u.due.Add(-time.Millisecond)
		if before := classify(v); before.class != u.class {
			t.Errorf("%s: another class before it is due", name)
		}
		v.now = u.due
		if after := classify(v); after.class == u.class || !after.due.IsZero() {
			t.Errorf("%s: %+v when it is due", name, after)
		}
	}
}
