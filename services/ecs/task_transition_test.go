package ecs_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/services/ecs"
)

var states = []ecs.TaskState{
	ecs.TaskProvisioning, ecs.TaskPending, ecs.TaskActivating, ecs.TaskRunning,
	ecs.TaskDeactivating, ecs.TaskStopping, ecs.TaskDeprovisioning, ecs.TaskStopped,
}

var attachments = []ecs.AttachmentState{
	ecs.AttachmentPrecreated, ecs.AttachmentAttaching, ecs.AttachmentAttached,
	ecs.AttachmentDetaching, ecs.AttachmentDeleted,
}

func place[T comparable](all []T, v T) int {
	for i := range all {
		if all[i] == v {
			return i
		}
	}
	return -1
}

// Whatever happens in whatever order: states and attachments only move forward,
// known times and reasons stay, STOPPED is the end.
func TestStatusOnlyMovesForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := ecs.NewTaskStatus(&ecs.Task{ARN: "arn", Containers: make([]ecs.TaskContainer, 2)})
		at := time.Unix(1000, 0)
		changes := []func(){
			func() { s.Provisioned(ecs.Attachment{InterfaceID: "eni-1"}) },
			func() { s.PullStarted(at) },
			func() { s.Attached(at) },
			func() { s.PullStopped(at) },
			func() { s.Advance(ecs.TaskActivating) },
			func() { s.Started(at) },
			func() { s.Halt(ecs.StopUserInitiated, "asked", at) },
			func() { s.Halt(ecs.StopEssentialExited, "exited", at) },
			func() { s.Advance(ecs.TaskStopping) },
			func() { s.Conclude(at) },
			func() { s.End(at) },
		}
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			at = at.Add(time.Second)
			before := s.Clone()
			changes[rapid.IntRange(0, len(changes)-1).Draw(t, "change")]()
			if s.LastStatus.Before(before.LastStatus) {
				t.Fatalf("from %s back to %s", before.LastStatus, s.LastStatus)
			}
			if place(attachments, s.Attachment.State) < place(attachments, before.Attachment.State) {
				t.Fatalf("attachment from %s back to %s", before.Attachment.State, s.Attachment.State)
			}
			if before.StopCode != "" && (s.StopCode != before.StopCode || s.StoppedReason != before.StoppedReason) {
				t.Fatalf("reason %q became %q", before.StoppedReason, s.StoppedReason)
			}
			for i, was := range times(&before) {
				if !was.IsZero() && !times(&s)[i].Equal(was) {
					t.Fatalf("time %d changed", i)
				}
			}
		}
	})
}

func times(s *ecs.TaskStatus) []time.Time {
	return []time.Time{
		s.ConnectivityAt, s.PullStartedAt, s.PullStoppedAt, s.StartedAt, s.StoppingAt, s.ExecutionStoppedAt, s.StoppedAt,
	}
}

func TestStatesAreOrdered(t *testing.T) {
	for i, a := range states {
		for j, b := range states {
			if a.Before(b) != (i < j) {
				t.Errorf("%s before %s is %v", a, b, a.Before(b))
			}
		}
		running, pending := a.Counts()
		if running != (a == ecs.TaskRunning) || pending != (i < 3) {
			t.Errorf("%s counts as running %v, pending %v", a, running, pending)
		}
	}
}

func TestHaltedIsWhatWasAskedOrHappens(t *testing.T) {
	asked := &ecs.Task{Stop: &ecs.StopRequest{Code: ecs.StopUserInitiated, Reason: "asked"}}
	for _, state := range states {
		s := &ecs.TaskStatus{LastStatus: state}
		if !asked.Halted(s) || asked.DesiredStatus(s) != ecs.TaskStopped {
			t.Errorf("asked to stop and %s, but not halted", state)
		}
		if got, want := (&ecs.Task{}).Halted(s), ecs.TaskRunning.Before(state); got != want {
			t.Errorf("%s: halted %v, want %v", state, got, want)
		}
	}
	code, reason := asked.StopReason(&ecs.TaskStatus{})
	if code != ecs.StopUserInitiated || reason != "asked" {
		t.Errorf("%s %q", code, reason)
	}
	code, _ = asked.StopReason(&ecs.TaskStatus{StopCode: ecs.StopEssentialExited})
	if code != ecs.StopEssentialExited {
		t.Errorf("what happened first is %s", code)
	}
}

func TestCloneIsItsOwn(t *testing.T) {
	s := ecs.NewTaskStatus(&ecs.Task{Containers: make([]ecs.TaskContainer, 1)})
	c := s.Clone()
	c.Containers[0].Reason = "changed"
	if s.Containers[0].Reason != "" {
		t.Error("the clone shares its containers")
	}
}
