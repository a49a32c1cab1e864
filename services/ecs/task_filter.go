package ecs

import (
	"iter"

	"kaimon.dev/kaimon/store"
)

// TaskFilter is what ListTasks asks for; "" doesn't filter.
type TaskFilter struct {
	Family     string
	StartedBy  string
	LaunchType string
	ServiceARN string
	// Desired is RUNNING or STOPPED; no task's desired status is ever PENDING.
	Desired TaskState
}

// Select iterates over the tasks of a cluster that pass, in order of ARN.
func (f TaskFilter) Select(r store.Reader, clusterARN string) iter.Seq[*Task] {
	return func(yield func(*Task) bool) {
		for t := range f.candidates(r, clusterARN) {
			if f.passes(r, t) && !yield(t) {
				return
			}
		}
	}
}

// candidates takes the narrowest index.
func (f TaskFilter) candidates(r store.Reader, clusterARN string) iter.Seq[*Task] {
	switch {
	case f.StartedBy != "":
		return Tasks.By(r, byStartedBy, clusterARN+"\x00"+f.StartedBy)
	case f.ServiceARN != "":
		return TasksOfService(r, f.ServiceARN)
	case f.Family != "":
		return Tasks.By(r, byFamily, clusterARN+"\x00"+f.Family)
	}
	return TasksOf(r, clusterARN)
}

func (f TaskFilter) passes(r store.Reader, t *Task) bool {
	if f.Family != "" && t.Family != f.Family ||
		f.StartedBy != "" && t.StartedBy != f.StartedBy ||
		f.ServiceARN != "" && t.ServiceARN != f.ServiceARN ||
		f.LaunchType != "" && t.LaunchType != f.LaunchType {
		return false
	}
	if f.Desired == "" {
		return true
	}
	return t.DesiredStatus(StatusOf(r, t)) == f.Desired
}
