package ec2ctl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// flowTick is how often flows are collected: the shortest aggregation interval.
const flowTick = time.Minute

// farewell is how long a server that stops may take to write what it has.
const farewell = 5 * time.Second

// LogWriter writes to CloudWatch Logs.
type LogWriter interface {
	// Write appends lines to a log stream, and makes it, and its group, when
	// they are missing.
	Write(ctx context.Context, s aws.Scope, group, stream string, at time.Time, lines []string) error
}

// FlowLogsOptions are what the flow logs work with.
type FlowLogsOptions struct {
	Store *store.Store
	Plane vpc.Plane
	Logs  LogWriter
	Clock clock.Clock
	Log   *slog.Logger
}

// FlowLogs writes what passes VPCs to the log groups that flow logs name.
type FlowLogs struct {
	FlowLogsOptions
	// intervals are what flow logs have gathered, by their IDs.
	intervals map[string]*flowInterval
	last      time.Time
}

// NewFlowLogs makes the controller; Run starts it.
func NewFlowLogs(o FlowLogsOptions) *FlowLogs {
	return &FlowLogs{FlowLogsOptions: o, intervals: map[string]*flowInterval{}, last: o.Clock.Now()}
}

// Run collects flows with each minute until ctx ends, and then writes what is
// gathered, however little.
func (c *FlowLogs) Run(ctx context.Context) error {
	for {
		now := c.Clock.Now()
		select {
		case <-time.After(now.Truncate(flowTick).Add(flowTick).Sub(now)):
			c.tick(ctx, c.Clock.Now(), false)
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
			defer cancel()
			c.tick(ctx, c.Clock.Now(), true)
			return nil
		}
	}
}

// tick collects flows, and writes the records of the intervals that are over,
// or of all of them.
func (c *FlowLogs) tick(ctx context.Context, now time.Time, all bool) {
	r := c.Store.Snapshot()
	byVPC := map[string][]*ec2.FlowLog{}
	for f := range ec2.FlowLogs.All(r) {
		if id := f.VPCOf(r); id != "" {
			byVPC[id] = append(byVPC[id], f)
		}
	}
	have := c.intervals
	c.intervals = map[string]*flowInterval{}
	for id, logs := range byVPC {
		flows, present, err := c.collect(ctx, r, id)
		if err != nil {
			c.Log.Warn("flow logs", "vpc", id, "error", err)
			flows.Lost = true
		}
		for _, log := range logs {
			i := have[log.ID]
			if i == nil {
				i = newFlowInterval(later(c.last, log.CreatedAt))
			}
			i.add(log, flows, present)
			if all || i.isOver(log, now) {
				c.write(ctx, r, log, i.records(r, log, now, present), now)
				i = newFlowInterval(now)
			}
			c.intervals[log.ID] = i
		}
	}
	c.last = now
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// collect returns a VPC's flows and the interfaces that are in use. NAT
// gateways go by their interfaces then.
func (c *FlowLogs) collect(ctx context.Context, r store.Reader, id string) (vpc.Flows, []*ec2.NetworkInterface, error) {
	var present []*ec2.NetworkInterface
	attached, err := c.Plane.Attached(ctx)
	for _, eni := range attached {
		if i, ok := ec2.NetworkInterfaces.Get(r, eni); ok && i.VPC == id {
			present = append(present, i)
		}
	}
	flows, flowsErr := c.Plane.Flows(ctx, id)
	for g := range ec2.NATGatewaysOf(r, id) {
		if i, ok := ec2.NetworkInterfaces.Get(r, g.Interface); ok && g.Carries() {
			present = append(present, i)
		}
		for k := range flows.List {
			if flows.List[k].Interface == g.ID {
				flows.List[k].Interface = g.Interface
			}
		}
	}
	return flows, present, errors.Join(err, flowsErr)
}

// write delivers records, and notes how that went when it differs from before.
func (c *FlowLogs) write(ctx context.Context, r store.Reader, log *ec2.FlowLog, records map[string][]ec2.FlowRecord, now time.Time) {
	status := ec2.FlowLogStatus{FlowLog: log.ID}
	if err := c.deliver(ctx, log, records, now); err != nil {
		c.Log.Warn("flow log isn't delivered", "flow log", log.ID, "error", err)
		status.Error = ec2.FlowUnknownError
	}
	if old, ok := ec2.FlowLogStatuses.Get(r, log.ID); ok && *old == status {
		return
	}
	err := c.Store.Update(ctx, func(tx *store.Txn) error {
		if _, ok := ec2.FlowLogs.Get(tx, log.ID); ok {
			ec2.FlowLogStatuses.Put(tx, status)
		}
		return nil
	})
	if err != nil {
		c.Log.Warn("flow log's status", "flow log", log.ID, "error", err)
	}
}

// deliver writes records to their log streams.
func (c *FlowLogs) deliver(ctx context.Context, log *ec2.FlowLog, records map[string][]ec2.FlowRecord, now time.Time) error {
	streams, err := streamsOf(log, records)
	for _, s := range streams {
		for lines := range slices.Chunk(s.lines, 10_000) {
			if e := c.Logs.Write(ctx, log.Scope, log.LogGroup, s.name, now, lines); e != nil {
				err = errors.Join(err, fmt.Errorf("log stream %s: %w", s.name, e))
			}
		}
	}
	return err
}
