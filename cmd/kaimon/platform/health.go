package platform

import (
	"errors"
	"sync"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/reconcile"
)

// health is the state of the server's parts; it implements gateway.Health.
type health struct {
	mu    sync.Mutex
	parts map[string]func() error
	loops []func() reconcile.Stats
}

func newHealth() *health { return &health{parts: map[string]func() error{}} }

// watchParts has health report on the parts that are open.
func (m *Main) watchParts() {
	m.health.part("store", m.store.Health)
	m.health.part("runtime", m.runtime.Health)
	m.health.part("network", m.plane.Health)
	m.health.part("proxy", func() error {
		if m.proxy.PID() == 0 {
			return errors.New("not connected")
		}
		return nil
	})
}

// part adds a part, or replaces it. check says what is the matter with it.
func (h *health) part(name string, check func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parts[name] = check
}

// loop adds a controller's loop.
func (h *health) loop(stats func() reconcile.Stats) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.loops = append(h.loops, stats)
}

// Components implements gateway.Health.
func (h *health) Components() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	states := map[string]string{}
	for name, check := range h.parts {
		states[name] = gateway.Ready
		if err := check(); err != nil {
			states[name] = err.Error()
		}
	}
	return states
}

// loopState is how a controller's loop is. Failing keys are somebody's
// resources, not the server's state: the loop tries them again and the log names
// them, which not everyone who may ask for health may read.
type loopState struct {
	// Waiting, Running and Failing are numbers of keys.
	Waiting int `json:"waiting"`
	Running int `json:"running"`
	Failing int `json:"failing"`
	// Runs and Errors count since the server's start.
	Runs   uint64 `json:"runs"`
	Errors uint64 `json:"errors"`
}

// Details implements gateway.Health.
func (h *health) Details() any {
	h.mu.Lock()
	defer h.mu.Unlock()
	loops := map[string]loopState{}
	for _, stats := range h.loops {
		s := stats()
		loops[s.Name] = loopState{Waiting: s.Queue, Running: s.Running, Failing: s.Failing, Runs: s.Runs, Errors: s.Errors}
	}
	return map[string]any{"loops": loops}
}
