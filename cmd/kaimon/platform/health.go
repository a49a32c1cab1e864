package platform

import (
	"maps"
	"sync"
)

// health is the state of the server's parts; it implements gateway.Health.
type health struct {
	mu    sync.Mutex
	parts map[string]string
}

func newHealth() *health { return &health{parts: map[string]string{}} }

func (h *health) set(part, state string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parts[part] = state
}

// Components implements gateway.Health.
func (h *health) Components() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.parts)
}
