package gateway

import (
	"encoding/json"
	"net/http"
)

// HealthPath is where the gateway tells how the components are.
const HealthPath = "/_kaimon/health"

// Ready is the state of a component that does its work.
const Ready = "ready"

// Health tells how the platform's components are.
type Health interface {
	// Components returns each component's state: Ready, or what is the matter.
	Components() map[string]string
	// Details returns what else is worth a look, for JSON; nil for nothing.
	// Everyone who reaches the port may read it.
	Details() any
}

// serveHealth answers 200 when every component is ready, 503 otherwise.
func (g *Gateway) serveHealth(w http.ResponseWriter, _ *http.Request) {
	answer := struct {
		Status     string            `json:"status"`
		Components map[string]string `json:"components"`
		Details    any               `json:"details,omitempty"`
	}{Ready, g.opts.Health.Components(), g.opts.Health.Details()}
	status := http.StatusOK
	for _, state := range answer.Components {
		if state != Ready {
			answer.Status, status = "not ready", http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}
