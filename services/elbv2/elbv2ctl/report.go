package elbv2ctl

import (
	"context"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// retry is how long a report waits that could not be written.
const retry = time.Second

// listen writes what the proxy reports until ctx ends. A report that can't be
// written is tried again: the proxy says each change once.
func (c *Controller) listen(ctx context.Context, reports <-chan proxy.Report) error {
	for report := range reports {
		c.record(ctx, report.Minutes)
		for err := c.note(ctx, report); err != nil && ctx.Err() == nil; err = c.note(ctx, report) {
			c.Log.Error("target health not written", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(retry):
			}
		}
	}
	return nil
}

// record passes metrics on, and then lets the proxy forget them. What isn't
// acknowledged comes again, to this process never.
func (c *Controller) record(ctx context.Context, minutes []proxy.Minute) {
	if len(minutes) == 0 {
		return
	}
	if c.Metrics != nil {
		c.Metrics.Record(metricsOf(minutes)...)
	}
	newest := uint64(0)
	for _, m := range minutes {
		newest = max(newest, m.Number)
	}
	if err := c.Proxy.Acknowledge(ctx, newest); err != nil && ctx.Err() == nil {
		c.Log.Warn("metrics not acknowledged", "error", err)
	}
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
