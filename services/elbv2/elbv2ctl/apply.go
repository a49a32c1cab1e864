package elbv2ctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// apply gives the proxy what has changed of its configuration, and notes what
// came of it in the load balancers' states. The listeners that don't listen are
// tried again with the next turn.
func (c *Controller) apply(ctx context.Context) (*proxy.ApplyError, error) {
	c.applying.Lock()
	defer c.applying.Unlock()
	d := c.dirty.take()
	failed, err := c.applyDirty(ctx, d)
	if err != nil {
		c.dirty.add(d)
	}
	for _, arn := range failedBalancers(failed) {
		c.dirty.add(dirt{balancers: map[string]bool{arn: true}})
	}
	return failed, err
}

func (c *Controller) applyDirty(ctx context.Context, d dirt) (*proxy.ApplyError, error) {
	r := c.Store.Snapshot()
	p := planner{r, c.attached, c.LogSpool, c.Seal}
	if c.sent == nil {
		return c.applyAll(ctx, p)
	}
	change, states := c.sent.plan(p, d)
	if err := makeLogDirs(change.LoadBalancers); err != nil {
		return nil, err
	}
	var failed *proxy.ApplyError
	if len(change.LoadBalancers)+len(change.TargetGroups)+len(change.GoneLoadBalancers)+len(change.GoneTargetGroups) > 0 {
		var err error
		if failed, err = c.send(c.Proxy.Change(ctx, change)); err != nil {
			return nil, err
		}
		c.sent.merge(change, failed)
	}
	err := c.noteStates(ctx, statesOf(states, failed))
	if d.all {
		return failed, errors.Join(err, c.forgetHealth(ctx, unprobed(r, c.sent.groups)), c.forgetOverdue(ctx))
	}
	return failed, errors.Join(err, c.forgetHealth(ctx, change.GoneTargetGroups))
}

// applyAll gives the proxy a whole configuration.
func (c *Controller) applyAll(ctx context.Context, p planner) (*proxy.ApplyError, error) {
	config := p.config()
	if err := makeLogDirs(config.LoadBalancers); err != nil {
		return nil, err
	}
	failed, err := c.send(c.Proxy.Apply(ctx, config))
	if err != nil {
		return nil, err
	}
	c.sent = newPieces(config, failed)
	return failed, errors.Join(c.noteStates(ctx, statesOf(config.LoadBalancers, failed)),
		c.forgetHealth(ctx, unprobed(p.r, c.sent.groups)), c.forgetOverdue(ctx))
}

// send tells failing listeners from a proxy that has to be told everything.
func (c *Controller) send(err error) (*proxy.ApplyError, error) {
	var failed *proxy.ApplyError
	if errors.As(err, &failed) {
		c.Log.Error("listeners don't listen", "error", err)
		return failed, nil
	}
	if err != nil {
		c.sent = nil
		return nil, fmt.Errorf("configure the proxy: %w", err)
	}
	return nil, nil
}

// failedBalancers are the load balancers of listeners that don't listen.
func failedBalancers(failed *proxy.ApplyError) (arns []string) {
	if failed != nil {
		for listener := range failed.Listeners {
			arns = append(arns, elbv2.LoadBalancerOf(listener))
		}
	}
	return arns
}

// forgetHealth removes the health of the targets of groups that the
// configuration in force has no use for. It comes before the next configuration,
// and so before the news of targets that are back.
func (c *Controller) forgetHealth(ctx context.Context, groups []string) error {
	if len(groups) == 0 {
		return nil
	}
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		for _, group := range groups {
			for row := range elbv2.TargetHealths.Prefix(tx, group+"|") {
				elbv2.TargetHealths.Delete(tx, row.Key)
			}
		}
		return nil
	})
}

// makeLogDirs makes the directories that the proxy writes access logs to.
func makeLogDirs(balancers []proxy.LoadBalancer) error {
	for _, b := range balancers {
		if b.Attributes.AccessLog == "" {
			continue
		}
		if err := os.MkdirAll(b.Attributes.AccessLog, 0o700); err != nil {
			return fmt.Errorf("access logs: %w", err)
		}
	}
	return nil
}

// statesOf are the states of load balancers in force, by ARN: active, or impaired
// when one of its ports doesn't listen.
func statesOf(balancers []proxy.LoadBalancer, failed *proxy.ApplyError) map[string]elbv2.LoadBalancerStatus {
	states := map[string]elbv2.LoadBalancerStatus{}
	for _, b := range balancers {
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
