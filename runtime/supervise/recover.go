package supervise

import (
	"context"
	"fmt"

	"kaimon.dev/kaimon/runtime"
)

// recover makes the tasks anew from their records and what the engine holds.
func (s *Supervisor) recover(ctx context.Context, tasks []loaded) error {
	recovered, err := s.engine.Recover(ctx)
	if err != nil {
		return fmt.Errorf("recover containers: %w", err)
	}
	held := map[string][]Recovered{}
	for _, r := range recovered {
		held[r.TaskID] = append(held[r.TaskID], r)
	}
	for _, one := range tasks {
		one.state.adopt(one.spec, held[one.spec.ID], s.now())
		delete(held, one.spec.ID)
		t := s.newTask(one.spec, one.raw, one.state)
		s.board.publish(observation(t.spec, t.state))
		if err := s.add(t); err != nil {
			return err
		}
	}
	for id, containers := range held {
		s.log.Warn("taking down a task that nobody recorded", "task", id)
		if err := s.add(s.orphan(id, containers)); err != nil {
			return err
		}
	}
	return nil
}

// orphan makes a task of containers without a record, with the one aim to end
// and delete them.
func (s *Supervisor) orphan(id string, held []Recovered) *task {
	spec := runtime.Spec{ID: id}
	for _, r := range held {
		if index(spec, r.Container) < 0 {
			spec.Containers = append(spec.Containers, runtime.Container{Name: r.Container})
		}
	}
	st := newState(spec)
	st.adopt(spec, held, s.now())
	st.requestStop("", s.now())
	t := s.newTask(spec, nil, st)
	t.orphan = true
	return t
}
