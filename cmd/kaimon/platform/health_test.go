package platform

import (
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/reconcile"
)

// TestHealth holds that a part's state is asked for each time, and that a
// controller's errors are counted and not told.
func TestHealth(t *testing.T) {
	h := newHealth()
	var fault error
	h.part("store", func() error { return fault })
	h.loop(func() reconcile.Stats {
		return reconcile.Stats{Name: "ecs.tasks", Queue: 1, Running: 2, Failing: 3, Runs: 4, Errors: 5, LastError: "a secret"}
	})
	if got := h.Components()["store"]; got != gateway.Ready {
		t.Errorf("store is %q", got)
	}
	fault = errors.New("no space left on device")
	if got := h.Components()["store"]; got != "no space left on device" {
		t.Errorf("store is %q", got)
	}
	got, err := json.Marshal(h.Details())
	if want := `{"loops":{"ecs.tasks":{"waiting":1,"running":2,"failing":3,"runs":4,"errors":5}}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

// TestBackground holds that a part that ends with an error is reported by health
// and on Failed, and one that ends because it was asked to isn't.
func TestBackground(t *testing.T) {
	m := &Main{Log: slog.New(slog.DiscardHandler), health: newHealth(), failed: make(chan error, 1)}
	m.background("well", func() error { return nil })
	m.background("ill", func() error { return errors.New("no netlink") })
	if err := <-m.Failed(); err.Error() != "ill: no netlink" {
		t.Errorf("got %v", err)
	}
	m.running.Wait()
	if got := m.health.Components(); got["well"] != gateway.Ready || got["ill"] != "no netlink" {
		t.Errorf("components %v", got)
	}
}
