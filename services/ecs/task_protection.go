package ecs

import (
	"time"

	"kaimon.dev/kaimon/store"
)

// The bounds of a protection, and how long it is without being given (API
// Reference, "UpdateTaskProtection").
const (
	UsualProtection    = 2 * time.Hour
	ShortestProtection = time.Minute
	LongestProtection  = 48 * time.Hour
)

// TaskProtection keeps a task of a service from being stopped because the
// service is scaled in or deployed. Sole writer: ecsapi; ecsctl only deletes it,
// together with the task.
type TaskProtection struct {
	TaskARN string
	// Until is when it ends by itself.
	Until time.Time
}

// TaskProtections holds the protections by the task's ARN.
var TaskProtections = store.NewTable("ecs.task-protections", func(p *TaskProtection) string { return p.TaskARN })

// ProtectedUntil is until when a task is protected; zero when it isn't any more.
func ProtectedUntil(r store.Reader, taskARN string, now time.Time) time.Time {
	p, ok := TaskProtections.Get(r, taskARN)
	if !ok || !now.Before(p.Until) {
		return time.Time{}
	}
	return p.Until
}
