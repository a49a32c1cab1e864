package ecs

import "time"

// The changes that a task's status goes through. Each may come late or twice:
// the state never goes back, and a time that is known stays.

// Advance moves the task to a later state; an earlier one changes nothing.
func (s *TaskStatus) Advance(to TaskState) {
	if s.LastStatus.Before(to) {
		s.LastStatus = to
	}
}

// Provisioned records that the task has an interface, whose State counts for nothing.
func (s *TaskStatus) Provisioned(eni Attachment) {
	if eni.State = s.Attachment.State; eni.State == AttachmentPrecreated {
		eni.State = AttachmentAttaching
	}
	s.Attachment = eni
	s.Advance(TaskPending)
}

// PullStarted records when the pull of the images began.
func (s *TaskStatus) PullStarted(at time.Time) { setOnce(&s.PullStartedAt, at) }

// PullStopped records when the pull of the images ended.
func (s *TaskStatus) PullStopped(at time.Time) { setOnce(&s.PullStoppedAt, at) }

// Attached records that the interface is up.
func (s *TaskStatus) Attached(at time.Time) {
	if s.Attachment.State == AttachmentAttaching {
		s.Attachment.State = AttachmentAttached
	}
	s.Connectivity = Connected
	setOnce(&s.ConnectivityAt, at)
}

// Started records that every container has been started.
func (s *TaskStatus) Started(at time.Time) {
	setOnce(&s.StartedAt, at)
	s.Advance(TaskRunning)
}

// Halt records since when and why the task stops; the first reason stands.
func (s *TaskStatus) Halt(code StopCode, reason string, at time.Time) {
	if s.StopCode == "" {
		s.StopCode, s.StoppedReason = code, reason
	}
	if !at.IsZero() {
		setOnce(&s.StoppingAt, at)
	}
	s.Advance(TaskDeactivating)
}

// Conclude records that no container runs any more, or ever will; the
// interface goes now.
func (s *TaskStatus) Conclude(at time.Time) {
	setOnce(&s.StoppingAt, at)
	setOnce(&s.ExecutionStoppedAt, at)
	for i := range s.Containers {
		s.Containers[i].LastStatus = TaskStopped
	}
	if s.Attachment.InterfaceID != "" && s.Attachment.State != AttachmentDeleted {
		s.Attachment.State = AttachmentDetaching
	}
	s.Advance(TaskDeprovisioning)
}

// End records that the task is stopped and its interface gone.
func (s *TaskStatus) End(at time.Time) {
	s.Attachment.State = AttachmentDeleted
	setOnce(&s.StoppedAt, at)
	s.Advance(TaskStopped)
}

// setOnce sets a time that is not yet known.
func setOnce(t *time.Time, v time.Time) {
	if t.IsZero() {
		*t = v
	}
}
