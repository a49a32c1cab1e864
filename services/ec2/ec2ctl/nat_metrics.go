package ec2ctl

import (
	"context"
	"log/slog"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// NATMetricsOptions are what the metrics of NAT gateways are made with.
type NATMetricsOptions struct {
	Store   *store.Store
	Plane   vpc.Plane
	Metrics metric.Sink
	Clock   clock.Clock
	Log     *slog.Logger
}

// NATMetrics publishes what NAT gateways carry, each minute.
type NATMetrics struct {
	NATMetricsOptions
	// scopes remembers whose networks are: a VPC may go before its last numbers.
	scopes map[string]aws.Scope
}

// NewNATMetrics makes the controller; Run starts it.
func NewNATMetrics(o NATMetricsOptions) *NATMetrics {
	return &NATMetrics{NATMetricsOptions: o, scopes: map[string]aws.Scope{}}
}

// Run publishes at the end of each minute until ctx ends, and then leaves what
// is counted in the kernel for the next server to publish.
func (c *NATMetrics) Run(ctx context.Context) error {
	for {
		now := c.Clock.Now()
		end := now.Truncate(time.Minute).Add(time.Minute)
		select {
		case <-time.After(end.Sub(now)):
			c.tick(ctx, end.Add(-time.Minute))
		case <-ctx.Done():
			return nil
		}
	}
}

// tick publishes what was counted in a minute.
func (c *NATMetrics) tick(ctx context.Context, minute time.Time) {
	networks, err := c.Plane.Networks(ctx)
	if err != nil {
		c.Log.Warn("NAT gateways' metrics", "error", err)
		return
	}
	scopes := map[string]aws.Scope{}
	r := c.Store.Snapshot()
	for _, id := range networks {
		scope, ok := c.scopes[id]
		if v, is := ec2.VPCs.Get(r, id); is {
			scope, ok = v.Scope, true
		}
		if !ok {
			continue
		}
		scopes[id] = scope
		counts, err := c.Plane.NATCounts(ctx, id)
		if err != nil {
			c.Log.Warn("NAT gateways' metrics", "vpc", id, "error", err)
		}
		for _, n := range counts {
			c.Metrics.Record(natData(scope, n, minute)...)
		}
	}
	c.scopes = scopes
}

// natData are a gateway's metrics of a minute (VPC User Guide, "NAT gateway
// metrics and dimensions").
func natData(s aws.Scope, n vpc.NATCounts, minute time.Time) []metric.Datum {
	var out []metric.Datum
	add := func(name string, unit metric.Unit, value uint64) {
		out = append(out, metric.Value(metric.ID{
			Account: s.Account, Region: s.Region, Namespace: "AWS/NATGateway", Name: name,
			Dimensions: metric.Sorted(metric.Dimension{Name: "NatGatewayId", Value: n.Gateway}),
		}, unit, minute, float64(value)))
	}
	for way, c := range map[string]vpc.Count{
		"InFromSource": n.InFromSource, "OutToDestination": n.OutToDestination,
		"InFromDestination": n.InFromDestination, "OutToSource": n.OutToSource,
	} {
		add("Bytes"+way, metric.Bytes, c.Bytes)
		add("Packets"+way, metric.Count, c.Packets)
	}
	add("ActiveConnectionCount", metric.Count, uint64(n.Active))
	add("ConnectionAttemptCount", metric.Count, n.Attempts)
	add("ConnectionEstablishedCount", metric.Count, n.Established)
	add("ErrorPortAllocation", metric.Count, n.PortErrors)
	add("PacketsDropCount", metric.Count, n.PortErrors)
	return out
}
