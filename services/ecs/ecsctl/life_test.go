package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ecs"
)

func TestTaskRunsUntilItsEssentialContainerExits(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(container("main", "sleep 5; exit 3"), container("side", "trap 'exit 0' TERM; wait"))
		w.settle()
		s := w.want(arn, ecs.TaskRunning)
		if s.StartedAt.IsZero() || s.PullStartedAt.IsZero() || s.PullStoppedAt.IsZero() || s.ConnectivityAt.IsZero() {
			t.Errorf("a time is missing: %+v", s)
		}
		if s.Connectivity != ecs.Connected || s.Attachment.State != ecs.AttachmentAttached {
			t.Errorf("connectivity %q, attachment %s", s.Connectivity, s.Attachment.State)
		}
		for i, c := range s.Containers {
			if c.LastStatus != ecs.TaskRunning || c.RuntimeID == "" || c.ImageDigest == "" {
				t.Errorf("container %d: %+v", i, c)
			}
		}
		w.wantInterfaces(1, "")

		w.after(6 * time.Second)
		s = w.wantStopped(arn, ecs.StopEssentialExited, ecs.ReasonEssentialExited)
		for i, code := range []int{3, 0} {
			if got := s.Containers[i].ExitCode; got == nil || *got != code {
				t.Errorf("container %d: exit code %v, want %d", i, got, code)
			}
		}
	})
}

func TestStop(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(container("main", "trap '' TERM; wait"))
		w.settle()
		w.ask(arn)
		w.after(time.Second)
		s := w.want(arn, ecs.TaskStopping)
		if s.StopCode != ecs.StopUserInitiated || s.StoppedReason != "enough" || s.StoppingAt.IsZero() {
			t.Errorf("%+v", s)
		}
		w.after(30 * time.Second)
		s = w.wantStopped(arn, ecs.StopUserInitiated, "enough")
		if code := s.Containers[0].ExitCode; code == nil || *code != 137 {
			t.Errorf("exit code %v, want that of SIGKILL", code)
		}
	})
}

func TestStopBeforeItRuns(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.machine.OnPull("busybox:main", fake.Pull{Delay: time.Hour})
		arn := w.run(container("main", "wait"))
		w.settle()
		s := w.want(arn, ecs.TaskPending)
		if s.Attachment.State != ecs.AttachmentAttached || s.Connectivity != ecs.Connected {
			t.Errorf("while images are pulled the interface isn't shown as up: %+v", s.Attachment)
		}
		w.ask(arn)
		w.settle()
		s = w.wantStopped(arn, ecs.StopUserInitiated, "enough")
		if s.Containers[0].ExitCode != nil || !s.StartedAt.IsZero() {
			t.Errorf("it never ran: %+v", s)
		}
		if n := len(w.machine.Processes()); n != 0 {
			t.Errorf("%d processes", n)
		}
	})
}

func TestPullFaults(t *testing.T) {
	const manifest = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
	for fault, want := range map[runtime.PullFault]string{
		runtime.PullNotFound:    manifest + "failed to resolve ref docker.io/library/busybox:main: docker.io/library/busybox:main: not found",
		runtime.PullDenied:      manifest + "failed to resolve ref docker.io/library/busybox:main: pull access denied, repository does not exist or may require authorization: why",
		runtime.PullPlatform:    manifest + "image Manifest does not contain descriptor matching platform 'linux/amd64'",
		runtime.PullUnreachable: manifest + "failed to resolve ref docker.io/library/busybox:main: failed to do request: why",
		runtime.PullNoSpace:     "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: why",
		runtime.PullInvalid:     "CannotPullContainerError: invalid reference format: why",
		runtime.PullOther:       "CannotPullContainerError: ref pull has been retried 1 time(s): why",
	} {
		t.Run(string(fault), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.machine.OnPull("busybox:main", fake.Pull{Fault: fault, Message: "why"})
				arn := w.run(container("other", "wait"), container("main", "wait"))
				w.settle()
				s := w.wantStopped(arn, ecs.StopFailedToStart, want)
				if s.Containers[0].Reason != "" || s.Containers[1].Reason != want {
					t.Errorf("containers: %+v", s.Containers)
				}
				if s.PullStoppedAt.IsZero() || !s.StartedAt.IsZero() {
					t.Errorf("times: %+v", s)
				}
			})
		})
	}
}

func TestSlowPullBlocksNobody(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.machine.OnPull("busybox:slow", fake.Pull{Delay: time.Minute})
		var slow []string
		for range 100 {
			slow = append(slow, w.run(container("slow", "wait")))
		}
		quick := w.run(container("quick", "wait"))
		w.settle()
		w.want(quick, ecs.TaskRunning)
		w.want(slow[0], ecs.TaskPending)
		w.after(time.Minute)
		for _, arn := range slow {
			w.want(arn, ecs.TaskRunning)
		}
		w.wantInterfaces(101, "")
	})
}

func TestRetention(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(container("main", "true"))
		w.after(59 * time.Minute)
		w.wantStopped(arn, ecs.StopEssentialExited, ecs.ReasonEssentialExited)
		w.after(2 * time.Minute)
		snap := w.store.Snapshot()
		if _, ok := ecs.Tasks.Get(snap, arn); ok {
			t.Error("the task is still there")
		}
		if _, ok := ecs.TaskStatuses.Get(snap, arn); ok {
			t.Error("its status is still there")
		}
		if n := w.machine.Tasks(); n != 0 {
			t.Errorf("the runtime still holds %d tasks", n)
		}
	})
}
