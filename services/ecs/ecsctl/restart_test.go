package ecsctl_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/fake"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

func TestRestartAdoptsRunningTasks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(container("main", "wait"))
		w.settle()
		before := *w.want(arn, ecs.TaskRunning)
		w.restart()
		w.settle()
		after := w.want(arn, ecs.TaskRunning)
		if !after.StartedAt.Equal(before.StartedAt) || after.Attachment != before.Attachment ||
			after.Containers[0].RuntimeID != before.Containers[0].RuntimeID {
			t.Errorf("before %+v, after %+v", before, after)
		}
		if after.Version != before.Version {
			t.Errorf("version went from %d to %d though nothing changed", before.Version, after.Version)
		}
		if n := len(w.machine.Processes()); n != 1 {
			t.Errorf("%d processes", n)
		}
		w.wantInterfaces(1, "")
	})
}

func TestExitWhileAwayIsReported(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(container("main", "sleep 10; exit 7"))
		w.settle()
		w.stop()
		w.after(time.Minute)
		w.start()
		w.settle()
		s := w.wantStopped(arn, ecs.StopEssentialExited, ecs.ReasonEssentialExited)
		if code := s.Containers[0].ExitCode; code == nil || *code != 7 {
			t.Errorf("exit code %v, want 7", code)
		}
	})
}

func TestStopAskedWhileAway(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(container("main", "wait"))
		w.settle()
		w.stop()
		w.ask(arn)
		w.start()
		w.settle()
		w.wantStopped(arn, ecs.StopUserInitiated, "enough")
	})
}

func TestRunAskedWhileAway(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.stop()
		arn := w.run(container("main", "wait"))
		w.start()
		w.settle()
		w.want(arn, ecs.TaskRunning)
	})
}

func TestPullUnderWayIsBegunAnew(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.machine.OnPull("busybox:main", fake.Pull{Delay: time.Minute})
		arn := w.run(container("main", "wait"))
		w.after(30 * time.Second)
		before := *w.want(arn, ecs.TaskPending)
		w.restart()
		w.after(time.Minute)
		after := w.want(arn, ecs.TaskRunning)
		if after.Attachment.InterfaceID != before.Attachment.InterfaceID {
			t.Errorf("interface %s, then %s", before.Attachment.InterfaceID, after.Attachment.InterfaceID)
		}
		w.wantInterfaces(1, "")
	})
}

func TestTaskThatTheRuntimeLost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(container("main", "wait"))
		w.settle()
		w.stop()
		w.machine, w.dir = fake.NewMachine(), t.TempDir()
		w.start()
		w.settle()
		w.wantStopped(arn, ecs.StopTerminated, ecs.ReasonLost)
		if n := len(w.machine.Processes()); n != 0 {
			t.Errorf("it was started again: %d processes", n)
		}
	})
}

func TestOrphansOfTheRuntimeGo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		spec := runtime.Spec{ID: "0123456789abcdef0123456789abcdef", Containers: []runtime.Container{
			{Name: "main", Image: "busybox", Command: []string{"sh", "-c", "wait"}, Essential: true, StopTimeout: time.Second},
		}}
		if err := w.runtime.Apply(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		w.after(2 * time.Second)
		if p, n := w.machine.Processes(), w.machine.Tasks(); len(p) != 0 || n != 0 {
			t.Errorf("left: processes %v, %d tasks", p, n)
		}
	})
}

func TestFullSubnetEndsTheTask(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.update(func(tx *store.Txn) error {
			for s := range ec2.Subnets.All(tx) {
				small := *s
				small.CIDR = netip.PrefixFrom(s.CIDR.Addr(), 30)
				ec2.Subnets.Put(tx, small)
			}
			return nil
		})
		arn := w.run(container("main", "wait"))
		w.settle()
		task, _ := ecs.Tasks.Get(w.store.Snapshot(), arn)
		w.wantStopped(arn, ecs.StopFailedToStart, "Unexpected EC2 error while attempting to Create Network Interface "+
			"with public IP assignment enabled in subnet '"+task.Network.Subnet+"': InsufficientFreeAddressesInSubnet")
	})
}

func TestPlaneThatFailsForAWhile(t *testing.T) {
	failures := 3
	inWorld(t, func(t *testing.T, w *world) {
		w.plane.Fail = func(c vpctest.Call) error {
			if c.Op == "AttachInterface" && failures > 0 {
				failures--
				return errors.New("netlink: device or resource busy")
			}
			return nil
		}
		arn := w.run(container("main", "wait"))
		w.after(10 * time.Second)
		w.want(arn, ecs.TaskRunning)
		w.wantInterfaces(1, "")
	})
}

func TestPlaneThatFailsForGood(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.plane.Fail = func(c vpctest.Call) error {
			if c.Op == "AttachInterface" {
				return errors.New("netlink: operation not supported")
			}
			return nil
		}
		arn := w.run(container("main", "wait"))
		w.after(2 * time.Minute)
		w.wantStopped(arn, ecs.StopFailedToStart, ecs.ReasonAttachTimeout)
	})
}

func TestWhatGoesUnderATask(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		running := w.run(container("main", "wait"))
		w.settle()
		w.machine.OnPull("busybox:late", fake.Pull{Delay: time.Minute})
		waiting := w.run(container("late", "wait"))
		w.settle()
		w.update(func(tx *store.Txn) error {
			ecs.Clusters.Delete(tx, w.cluster.ARN)
			for d := range ecs.TaskDefinitions.All(tx) {
				ecs.TaskDefinitions.Delete(tx, d.ARN)
			}
			return nil
		})
		w.after(2 * time.Minute)
		w.want(running, ecs.TaskRunning)
		w.wantStopped(waiting, ecs.StopFailedToStart, ecs.ReasonDefinitionGone)
		w.ask(running)
		w.after(time.Minute)
		w.wantStopped(running, ecs.StopUserInitiated, "enough")
	})
}
