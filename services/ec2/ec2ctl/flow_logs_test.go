package ec2ctl

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/dataplane/vpc/vpctest"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// written is a LogWriter that keeps lines by group and stream.
type written struct {
	mu    sync.Mutex
	fail  error
	lines map[string][]string
}

func (w *written) Write(_ context.Context, s aws.Scope, group, stream string, _ time.Time, lines []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	key := s.Region + " " + group + " " + stream
	w.lines[key] = append(w.lines[key], lines...)
	return nil
}

// take returns what was written since the last call, by stream.
func (w *written) take() map[string][]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.lines
	w.lines = map[string][]string{}
	return out
}

// flowWorld is a VPC with two attached interfaces, of different subnets; the
// second has a public address.
type flowWorld struct {
	*testing.T
	store  *store.Store
	plane  *vpctest.Fake
	logs   *written
	ctl    *FlowLogs
	vpc    string
	enis   []*ec2.NetworkInterface
	at     time.Time
	made   time.Time // when flow logs are
	format string
}

// The minute that flowWorld's time begins in.
var ten = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// fixed is a clock that stands still.
type fixed struct{ at time.Time }

func (f fixed) Now() time.Time { return f.at }

func newFlowWorld(t *testing.T) *flowWorld {
	w := &flowWorld{T: t, store: open(t), plane: &vpctest.Fake{}, logs: &written{lines: map[string][]string{}}, at: ten, made: ten}
	w.format = "${interface-id} ${srcaddr} ${dstport} ${packets} ${action} ${log-status}"
	update(t, w.store, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, scope) })
	row, _ := ec2.DefaultVPC(w.store.Snapshot(), scope)
	w.vpc = row.ID
	n, _ := networkOf(w.store.Snapshot(), row.ID, pool)
	if err := w.plane.ApplyNetwork(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	for k := range 2 {
		update(t, w.store, func(tx *store.Txn) {
			request := ec2.InterfaceRequest{ID: ec2.NewInterfaceID(), Subnet: n.Subnets[k].ID}
			if k == 1 {
				request.PublicPool = pool
			}
			i, err := ec2.AllocateInterface(tx, scope, request)
			if err != nil {
				t.Fatal(err)
			}
			w.enis = append(w.enis, i)
		})
		i := w.enis[k]
		if _, err := w.plane.AttachInterface(t.Context(), vpc.Interface{ID: i.ID, Network: n.ID, Subnet: i.Subnet, Address: i.Address}); err != nil {
			t.Fatal(err)
		}
	}
	w.ctl = NewFlowLogs(FlowLogsOptions{Store: w.store, Plane: w.plane, Logs: w.logs, Clock: fixed{ten}, Log: slog.New(slog.DiscardHandler)})
	return w
}

func (w *flowWorld) log(id, resource, traffic string, interval int) {
	w.Helper()
	update(w.T, w.store, func(tx *store.Txn) {
		err := ec2.AddFlowLog(tx, ec2.FlowLog{
			ID: id, Scope: scope, Resource: resource, Traffic: traffic, LogGroup: "/" + id, Format: w.format, Interval: interval, CreatedAt: w.made,
		})
		if err != nil {
			w.Fatal(err)
		}
	})
}

// flow is what an interface sends to a port.
func (w *flowWorld) flow(eni int, port uint16, rejected bool, packets uint64) vpc.Flow {
	i := w.enis[eni]
	dst := netip.MustParseAddr("203.0.113.5")
	return vpc.Flow{FlowKey: vpc.FlowKey{
		Interface: i.ID, Subnet: i.Subnet, Egress: true, Rejected: rejected, Protocol: 6,
		Src: netip.AddrPortFrom(i.Address, 1000), Dst: netip.AddrPortFrom(dst, port), PktSrc: i.Address, PktDst: dst,
	}, Packets: packets, Bytes: 100 * packets, Start: w.at.Add(time.Second), End: w.at.Add(2 * time.Second)}
}

// minute lets flows pass, and a minute.
func (w *flowWorld) minute(flows ...vpc.Flow) {
	w.plane.SetFlows(w.vpc, vpc.Flows{List: flows})
	w.at = w.at.Add(time.Minute)
	w.ctl.tick(w.Context(), w.at, false)
}

// wrote checks what was written; "A" and "B" in the streams' names and lines
// stand for the interfaces, "a" and "b" for their addresses.
func (w *flowWorld) wrote(want map[string][]string) {
	w.Helper()
	names := strings.NewReplacer(w.enis[0].ID, "A", w.enis[1].ID, "B", w.enis[0].Address.String(), "a", w.enis[1].Address.String(), "b")
	got := map[string][]string{}
	for key, lines := range w.logs.take() {
		for _, l := range lines {
			got[names.Replace(key)] = append(got[names.Replace(key)], names.Replace(l))
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		w.Error(d)
	}
}

func TestFlowLogsByResourceAndTraffic(t *testing.T) {
	w := newFlowWorld(t)
	w.log("fl-vpc", w.vpc, ec2.FlowAll, 60)
	w.log("fl-subnet", w.enis[0].Subnet, ec2.FlowReject, 60)
	w.log("fl-eni", w.enis[1].ID, ec2.FlowAccept, 60)
	w.minute(w.flow(0, 80, false, 3), w.flow(0, 81, true, 1), w.flow(1, 82, true, 2))
	w.wrote(map[string][]string{
		"eu-west-1 /fl-vpc A-all":       {"A a 80 3 ACCEPT OK", "A a 81 1 REJECT OK"},
		"eu-west-1 /fl-vpc B-all":       {"B b 82 2 REJECT OK"},
		"eu-west-1 /fl-subnet A-reject": {"A a 81 1 REJECT OK"},
	})
	w.minute()
	w.wrote(map[string][]string{
		"eu-west-1 /fl-vpc A-all":       {"A - - - - NODATA"},
		"eu-west-1 /fl-vpc B-all":       {"B - - - - NODATA"},
		"eu-west-1 /fl-subnet A-reject": {"A - - - - NODATA"},
		"eu-west-1 /fl-eni B-accept":    {"B - - - - NODATA"},
	})
}

func TestFlowLogsOfTenMinutes(t *testing.T) {
	w := newFlowWorld(t)
	w.format = "${interface-id} ${packets} ${bytes} ${start} ${end} ${flow-direction} ${traffic-path} ${az-id}"
	w.log("fl-1", w.enis[1].ID, ec2.FlowAll, 600)
	for range 9 {
		w.minute(w.flow(1, 80, false, 2))
		w.wrote(map[string][]string{})
	}
	w.minute(w.flow(1, 80, false, 2))
	w.wrote(map[string][]string{"eu-west-1 /fl-1 B-all": {"B 20 2000 1795168801 1795169342 egress 8 euw1-az2"}})
	w.minute()
	w.ctl.tick(t.Context(), w.at.Add(time.Second), true)
	w.wrote(map[string][]string{"eu-west-1 /fl-1 B-all": {"B - - 1795169400 1795169461 - - euw1-az2"}})
}

// TestFlowLogsOfNATGateways holds that a NAT gateway's flows are its interface's.
func TestFlowLogsOfNATGateways(t *testing.T) {
	w := newFlowWorld(t)
	w.format = "${interface-id} ${srcaddr} ${pkt-srcaddr} ${traffic-path} ${log-status}"
	w.log("fl-1", w.vpc, ec2.FlowAll, 60)
	nat := w.enis[1]
	update(t, w.store, func(tx *store.Txn) {
		ec2.NATGateways.Put(tx, ec2.NATGateway{ID: "nat-1", Scope: scope, VPC: w.vpc, Subnet: nat.Subnet, Interface: nat.ID})
	})
	if err := w.plane.DetachInterface(t.Context(), nat.ID); err != nil { // it isn't one of the plane's
		t.Fatal(err)
	}
	out := w.flow(1, 80, false, 1)
	out.Interface = "nat-1"
	w.minute(out)
	w.wrote(map[string][]string{"eu-west-1 /fl-1 A-all": {"A - - - NODATA"}, "eu-west-1 /fl-1 B-all": {"B b b 8 OK"}})
	w.minute()
	w.wrote(map[string][]string{"eu-west-1 /fl-1 A-all": {"A - - - NODATA"}, "eu-west-1 /fl-1 B-all": {"B - - - NODATA"}})
}

// TestFlowLogsOfTheGone holds that an interface whose row is gone has its
// records, and that a log which is deleted gets none.
func TestFlowLogsOfTheGone(t *testing.T) {
	w := newFlowWorld(t)
	w.format = "${interface-id} ${vpc-id} ${subnet-id} ${traffic-path} ${log-status}"
	w.log("fl-1", w.vpc, ec2.FlowAll, 60)
	last := w.flow(0, 80, false, 1)
	update(t, w.store, func(tx *store.Txn) { ec2.NetworkInterfaces.Delete(tx, w.enis[0].ID) })
	w.minute(last, w.flow(1, 80, false, 1))
	w.wrote(map[string][]string{
		"eu-west-1 /fl-1 A-all": {"A " + w.vpc + " " + w.enis[0].Subnet + " 8 OK"},
		"eu-west-1 /fl-1 B-all": {"B " + w.vpc + " " + w.enis[1].Subnet + " 8 OK"},
	})
	update(t, w.store, func(tx *store.Txn) { ec2.RemoveFlowLog(tx, "fl-1") })
	w.minute(w.flow(1, 80, false, 1))
	w.wrote(map[string][]string{})
}

func TestFlowLogsLost(t *testing.T) {
	w := newFlowWorld(t)
	w.log("fl-1", w.enis[0].ID, ec2.FlowAll, 60)
	w.plane.SetFlows(w.vpc, vpc.Flows{List: []vpc.Flow{w.flow(0, 80, false, 1)}, Lost: true})
	w.ctl.tick(t.Context(), ten.Add(time.Minute), false)
	w.wrote(map[string][]string{"eu-west-1 /fl-1 A-all": {"A a 80 1 ACCEPT OK", "A - - - - SKIPDATA"}})

	w.plane.Fail = func(c vpctest.Call) error {
		if c.Op == "Flows" {
			return errors.New("no netlink")
		}
		return nil
	}
	w.ctl.tick(t.Context(), ten.Add(2*time.Minute), false)
	w.wrote(map[string][]string{"eu-west-1 /fl-1 A-all": {"A - - - - SKIPDATA"}})
}

func TestFlowLogsUndelivered(t *testing.T) {
	w := newFlowWorld(t)
	w.log("fl-1", w.vpc, ec2.FlowAll, 60)
	delivery := func() string {
		r := w.store.Snapshot()
		f, _ := ec2.FlowLogs.Get(r, "fl-1")
		status, message := f.Delivery(r)
		return status + " " + message
	}
	w.logs.fail = errors.New("disk full")
	w.minute(w.flow(0, 80, false, 1))
	if got := delivery(); got != "FAILED Unknown error" {
		t.Errorf("delivery %q", got)
	}
	w.logs.fail = nil
	w.minute(w.flow(0, 80, false, 1))
	if got := delivery(); got != "SUCCESS " {
		t.Errorf("delivery %q", got)
	}
}

// TestFlowLogsRun holds that records are written with the minute, and what is
// left when the server stops.
func TestFlowLogsRun(t *testing.T) {
	w := newFlowWorld(t)
	w.made = time.Time{}
	w.log("fl-1", w.enis[0].ID, ec2.FlowAll, 60)
	synctest.Test(t, func(t *testing.T) {
		ctl := NewFlowLogs(FlowLogsOptions{Store: w.store, Plane: w.plane, Logs: w.logs, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- ctl.Run(ctx) }()
		w.plane.SetFlows(w.vpc, vpc.Flows{List: []vpc.Flow{w.flow(0, 80, false, 1)}})
		time.Sleep(61 * time.Second)
		synctest.Wait()
		w.wrote(map[string][]string{"eu-west-1 /fl-1 A-all": {"A a 80 1 ACCEPT OK"}})
		w.plane.SetFlows(w.vpc, vpc.Flows{List: []vpc.Flow{w.flow(0, 81, false, 1)}})
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.wrote(map[string][]string{"eu-west-1 /fl-1 A-all": {"A a 81 1 ACCEPT OK"}})
	})
}

// TestFlowsAreCountedForLogs holds that the plane counts only where a log wants it.
func TestFlowsAreCountedForLogs(t *testing.T) {
	w := newFlowWorld(t)
	counted := func() bool { n, _ := networkOf(w.store.Snapshot(), w.vpc, pool); return n.Flows }
	if counted() {
		t.Error("flows are counted without a log")
	}
	w.log("fl-1", w.enis[0].ID, ec2.FlowAll, 60)
	if !counted() {
		t.Error("flows aren't counted for a log")
	}
	run(t, w.store, w.plane)
	update(t, w.store, func(tx *store.Txn) { ec2.RemoveFlowLog(tx, "fl-1") })
	eventually(t, "the plane no longer counts", func() bool {
		n, _ := w.plane.Network(w.vpc)
		return !n.Flows && slices.ContainsFunc(w.plane.Calls(), func(c vpctest.Call) bool { return c.Op == "ApplyNetwork" })
	})
}
