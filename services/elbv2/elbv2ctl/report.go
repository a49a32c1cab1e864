package elbv2ctl

import (
	"context"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// listen writes what the proxy reports until ctx ends.
func (c *Controller) listen(ctx context.Context, reports <-chan proxy.Report) error {
	for report := range reports {
		if err := c.note(ctx, report); err != nil && ctx.Err() == nil {
			// A later full report says it all again; the proxy's health, not
			// the row, decides where requests go.
			c.Log.Error("target health not written", "error", err)
		}
	}
	return nil
}

// note writes a report's health and forgets what has drained.
func (c *Controller) note(ctx context.Context, report proxy.Report) error {
	r := c.Store.Snapshot()
	if len(healthChanges(r, report)) == 0 && len(goneHealth(r, report)) == 0 && len(report.Drained) == 0 {
		return nil
	}
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		for _, row := range healthChanges(tx, report) {
			elbv2.TargetHealths.Put(tx, row)
		}
		for _, key := range goneHealth(tx, report) {
			elbv2.TargetHealths.Delete(tx, key)
		}
		for _, ref := range report.Drained {
			forgetDrained(tx, keyOf(ref))
		}
		return nil
	})
}

// forgetDrained removes a target that still drains: one that was registered
// again meanwhile stays.
func forgetDrained(tx *store.Txn, key string) {
	if t, ok := elbv2.Targets.Get(tx, key); ok && t.Draining() {
		elbv2.ForgetTarget(tx, key)
	}
}
