package elbv2ctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// apply gives the proxy the configuration that the rows ask for, unless it has
// it, and notes what came of it in the load balancers' states.
func (c *Controller) apply(ctx context.Context) error {
	c.applying.Lock()
	defer c.applying.Unlock()
	r := c.Store.Snapshot()
	config := planner{r, c.attached, c.AccessLogs}.config()
	if c.applied != nil && reflect.DeepEqual(*c.applied, config) {
		return nil
	}
	c.applied = nil
	if err := makeLogDirs(config); err != nil {
		return err
	}
	err := c.Proxy.Apply(ctx, config)
	var failed *proxy.ApplyError
	if err != nil && !errors.As(err, &failed) {
		return fmt.Errorf("configure the proxy: %w", err)
	}
	if err == nil {
		c.applied = &config
	} else {
		c.Log.Error("listeners don't listen", "error", err)
	}
	return errors.Join(err, c.noteStates(ctx, statesOf(config, failed)), c.forgetUnprobed(ctx, config))
}

// forgetUnprobed removes the health of targets that the configuration in force
// has no use for. It comes before the next configuration, and so before the
// news of targets that are back.
func (c *Controller) forgetUnprobed(ctx context.Context, config proxy.Config) error {
	if len(unprobed(c.Store.Snapshot(), config)) == 0 {
		return nil
	}
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		for _, key := range unprobed(tx, config) {
			elbv2.TargetHealths.Delete(tx, key)
		}
		return nil
	})
}

// makeLogDirs makes the directories that the proxy writes access logs to.
func makeLogDirs(config proxy.Config) error {
	for _, b := range config.LoadBalancers {
		if b.Attributes.AccessLog == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(b.Attributes.AccessLog), 0o700); err != nil {
			return fmt.Errorf("access logs: %w", err)
		}
	}
	return nil
}

// statesOf are the states of the load balancers of a configuration in force,
// by ARN: active, or impaired when one of its ports doesn't listen.
func statesOf(config proxy.Config, failed *proxy.ApplyError) map[string]elbv2.LoadBalancerStatus {
	states := map[string]elbv2.LoadBalancerStatus{}
	for _, b := range config.LoadBalancers {
		state := elbv2.LoadBalancerStatus{State: elbv2.Active}
		for _, l := range b.Listeners {
			if failed != nil && failed.Listeners[l.ID] != "" {
				state = elbv2.LoadBalancerStatus{State: elbv2.ActiveImpaired, Reason: failed.Listeners[l.ID]}
			}
		}
		states[b.ID] = state
	}
	return states
}

// noteStates writes the states that changed. A load balancer is active once all
// its nodes are.
func (c *Controller) noteStates(ctx context.Context, states map[string]elbv2.LoadBalancerStatus) error {
	changed := func(r store.Reader) (rows []elbv2.LoadBalancerStatus) {
		for arn, state := range states {
			b, ok := elbv2.LoadBalancers.Get(r, arn)
			row := statusOf(r, arn)
			if !ok || len(row.Nodes) < len(b.Subnets) || row.State == state.State && row.Reason == state.Reason {
				continue
			}
			row.State, row.Reason = state.State, state.Reason
			rows = append(rows, row)
		}
		return rows
	}
	if len(changed(c.Store.Snapshot())) == 0 {
		return nil
	}
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		for _, row := range changed(tx) {
			elbv2.LoadBalancerStatuses.Put(tx, row)
		}
		return nil
	})
}

// grace is how much longer than its deregistration delay a target may drain
// before it is forgotten without a word of the proxy.
const grace = time.Minute

// forgetOverdue removes targets that should have drained long ago, so that none
// drains for ever whose load balancer never came up.
func (c *Controller) forgetOverdue(ctx context.Context) error {
	keys := overdue(c.Store.Snapshot(), c.Clock.Now())
	if len(keys) == 0 {
		return nil
	}
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		for _, key := range keys {
			forgetDrained(tx, key)
		}
		return nil
	})
}

func overdue(r store.Reader, now time.Time) []string {
	var keys []string
	for t := range elbv2.Targets.All(r) {
		g, ok := elbv2.TargetGroups.Get(r, t.TargetGroup)
		if !ok || !t.Draining() {
			continue
		}
		delay := elbv2.TargetGroupAttributes(g.Protocol).Seconds(g.Attributes, elbv2.DeregistrationDelay)
		if now.After(t.DeregisteredAt.Add(seconds(delay) + grace)) {
			keys = append(keys, t.Key)
		}
	}
	return keys
}
