package ec2ctl

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// natWorld is a VPC with a plane, and what was published of it.
func natWorld(t *testing.T) (*NATMetrics, *vpctest.Fake, *metric.Recent, string) {
	t.Helper()
	s, plane, sink := open(t), &vpctest.Fake{}, metric.NewRecent(time.Hour)
	update(t, s, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(s.Snapshot(), scope)
	n, _ := networkOf(s.Snapshot(), row.ID, pool)
	if err := plane.ApplyNetwork(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return NewNATMetrics(NATMetricsOptions{
		Store: s, Plane: plane, Metrics: sink, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	}), plane, sink, row.ID
}

func TestNATMetrics(t *testing.T) {
	c, plane, sink, id := natWorld(t)
	plane.SetNATCounts(id, vpc.NATCounts{
		Gateway: "nat-1", InFromSource: vpc.Count{Packets: 1, Bytes: 100}, OutToDestination: vpc.Count{Packets: 2, Bytes: 200},
		InFromDestination: vpc.Count{Packets: 3, Bytes: 300}, OutToSource: vpc.Count{Packets: 4, Bytes: 400},
		Attempts: 5, Established: 6, PortErrors: 7, Active: 8,
	}, vpc.NATCounts{Gateway: "nat-2"})
	c.tick(t.Context(), ten)
	// The VPC's row is gone before its last numbers.
	update(t, c.Store, func(tx *store.Txn) { ec2.VPCs.Delete(tx, id) })
	plane.SetNATCounts(id, vpc.NATCounts{Gateway: "nat-1", Attempts: 1})
	c.tick(t.Context(), ten.Add(time.Minute))

	data, _ := sink.Since(0)
	got := map[string]float64{}
	for _, d := range data {
		unit := metric.Count
		if strings.HasPrefix(d.ID.Name, "Bytes") {
			unit = metric.Bytes
		}
		if d.ID.Account != scope.Account || d.ID.Region != scope.Region || d.ID.Namespace != "AWS/NATGateway" || d.Unit != unit || d.Samples != 1 {
			t.Errorf("%+v", d)
		}
		if gateway := d.ID.Dimensions[0]; gateway.Name != "NatGatewayId" || gateway.Value == "nat-2" && d.Sum != 0 {
			t.Errorf("%+v", d)
		} else if gateway.Value == "nat-1" && d.At.Equal(ten) {
			got[d.ID.Name] = d.Sum
		}
	}
	want := map[string]float64{
		"BytesInFromSource": 100, "BytesOutToDestination": 200, "BytesInFromDestination": 300, "BytesOutToSource": 400,
		"PacketsInFromSource": 1, "PacketsOutToDestination": 2, "PacketsInFromDestination": 3, "PacketsOutToSource": 4,
		"ConnectionAttemptCount": 5, "ConnectionEstablishedCount": 6, "ErrorPortAllocation": 7, "PacketsDropCount": 7, "ActiveConnectionCount": 8,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(data) != 3*len(want) {
		t.Errorf("%d numbers, want %d", len(data), 3*len(want))
	}
}

// TestNATMetricsByTheMinute holds that numbers belong to the minute that they
// were counted in, and that a network that can't be asked is asked again.
func TestNATMetricsByTheMinute(t *testing.T) {
	c, plane, sink, id := natWorld(t)
	var failing atomic.Bool
	failing.Store(true)
	plane.Fail = func(call vpctest.Call) error {
		if failing.Load() && call.Op == "NATCounts" {
			return errors.New("no netlink")
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		plane.SetNATCounts(id, vpc.NATCounts{Gateway: "nat-1", Attempts: 9})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if data, _ := sink.Since(0); len(data) != 0 {
			t.Errorf("published %+v", data)
		}
		failing.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		data, _ := sink.Since(0)
		if len(data) != 13 || !data[0].At.Equal(begun.Add(time.Minute)) {
			t.Errorf("published %+v", data)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
