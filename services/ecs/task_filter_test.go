package ecs

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Whatever index a filter takes, it finds what a look at every task finds.
func TestSelectTasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(t, what) }
		scope := aws.Scope{Account: "123456789012", Region: "eu-west-1"}
		s := store.OpenMemory(Tables()...)
		defer s.Close()
		here := ClusterARN(scope, "here")
		var all []Task
		for i := range rapid.IntRange(0, 8).Draw(t, "tasks") {
			task := Task{
				ARN: TaskARN(scope, "c", fmt.Sprint(i)), ID: fmt.Sprint(i), ClusterARN: some("cluster", here, ClusterARN(scope, "there")),
				Family: some("family", "web", "webs"), StartedBy: some("startedBy", "", "me", "ecs-svc/1"), LaunchType: LaunchFargate,
			}
			// the service's name alone doesn't say which cluster it is of
			task.ServiceARN = some("service", "", task.ClusterARN+"/web", task.ClusterARN+"/api")
			if rapid.Bool().Draw(t, "stopped") {
				task.Stop = &StopRequest{Code: StopUserInitiated}
			}
			all = append(all, task)
		}
		err := s.Update(context.Background(), func(tx *store.Txn) error {
			for _, task := range all {
				Tasks.Put(tx, task)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f := TaskFilter{
			Family: some("by family", "", "web"), StartedBy: some("by startedBy", "", "me", "nobody"),
			ServiceARN: some("by service", "", here+"/web"), LaunchType: some("by launch type", "", LaunchFargate, LaunchEC2),
			Desired: TaskState(some("by status", "", "RUNNING", "STOPPED")),
		}
		var want, got []string
		for _, task := range all {
			if task.ClusterARN == here && fits(f.Family, task.Family) && fits(f.StartedBy, task.StartedBy) &&
				fits(f.ServiceARN, task.ServiceARN) && fits(f.LaunchType, task.LaunchType) &&
				(f.Desired == "" || (f.Desired == TaskStopped) == (task.Stop != nil)) {
				want = append(want, task.ARN)
			}
		}
		snap := s.Snapshot()
		for task := range f.Select(snap, here) {
			got = append(got, task.ARN)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v found %v, want %v", f, got, want)
		}
		for first := range f.Select(snap, here) { // it can be left early
			if first.ARN != want[0] {
				t.Fatalf("first %s, want %s", first.ARN, want[0])
			}
			break
		}
	})
}

func fits(wanted, is string) bool { return wanted == "" || wanted == is }
