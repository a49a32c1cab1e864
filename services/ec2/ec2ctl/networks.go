package ec2ctl

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// resync is how long something that was taken from the host, by a firewall that
// starts anew for one, may be missing.
const resync = time.Minute

// Networks applies every VPC to the data plane, and again whenever one of its
// rows changes.
type Networks struct {
	store *store.Store
	plane vpc.Plane
	// pool is where public addresses are taken from.
	pool  netip.Prefix
	clock clock.Clock
	log   *slog.Logger
	loop  *reconcile.Loop
}

// NewNetworks makes the controller; Run starts it.
func NewNetworks(s *store.Store, plane vpc.Plane, pool netip.Prefix, clk clock.Clock, log *slog.Logger) *Networks {
	n := &Networks{store: s, plane: plane, pool: pool, clock: clk, log: log}
	n.loop = reconcile.New(reconcile.Options{
		Name: "ec2.networks", Workers: 4, Log: log,
		Keys: func() []string { return vpcIDs(s.Snapshot()) }, Resync: resync,
	}, n.reconcile)
	return n
}

// Run removes networks and interfaces that no row stands for, and keeps every
// network as its rows say, until ctx ends.
func (n *Networks) Run(ctx context.Context) error {
	// An interface has a row before it is attached and until it is detached, so
	// one that was listed and then has none is no one's, whatever else starts now.
	attached, err := n.plane.Attached(ctx)
	if err != nil {
		return fmt.Errorf("list attached interfaces: %w", err)
	}
	n.loop.Wake(orphans(n.store.Snapshot(), attached)...)
	networks, err := n.plane.Networks(ctx)
	if err != nil {
		return fmt.Errorf("list networks: %w", err)
	}
	n.loop.Wake(networks...) // a VPC's row may have gone while nobody looked
	reconcile.FromChanges(ctx, n.loop, n.store, vpcOf,
		ec2.VPCs, ec2.Subnets, ec2.RouteTables, ec2.InternetGateways, ec2.SecurityGroups, ec2.SecurityGroupRules,
		ec2.PrefixLists, ec2.NetworkACLs, ec2.ACLAssociations, ec2.Endpoints, ec2.EndpointStatuses, ec2.FlowLogs, ec2.NATGateways)
	return n.loop.Run(ctx)
}

// Stats are the loop's counters, for health.
func (n *Networks) Stats() reconcile.Stats { return n.loop.Stats() }

// reconcile brings a VPC, or an interface that no row stood for, to what the
// rows say. One that can't be detached is tried again, and holds up nothing else.
func (n *Networks) reconcile(ctx context.Context, id string) (reconcile.Result, error) {
	snapshot := n.store.Snapshot()
	if ec2.IsInterface(id) {
		return reconcile.Result{}, n.detachOrphan(ctx, snapshot, id)
	}
	network, ok := networkOf(snapshot, id, n.pool)
	if !ok {
		if err := n.plane.RemoveNetwork(ctx, id); err != nil {
			return reconcile.Result{}, fmt.Errorf("remove network %s: %w", id, err)
		}
		return reconcile.Result{}, nil
	}
	if err := n.plane.ApplyNetwork(ctx, network); err != nil {
		return reconcile.Result{}, fmt.Errorf("apply network %s: %w", id, err)
	}
	return reconcile.Result{}, n.settle(ctx, snapshot, id)
}

// detachOrphan removes what a crash left between a released row and its interface.
func (n *Networks) detachOrphan(ctx context.Context, r store.Reader, id string) error {
	if len(orphans(r, []string{id})) == 0 {
		return nil
	}
	n.log.Info("detaching an interface that nothing owns", "interface", id)
	if err := n.plane.DetachInterface(ctx, id); err != nil {
		return fmt.Errorf("detach interface %s: %w", id, err)
	}
	return nil
}

func vpcIDs(r store.Reader) []string {
	var ids []string
	for v := range ec2.VPCs.All(r) {
		ids = append(ids, v.ID)
	}
	return ids
}

// vpcOf names the VPC that a change concerns. A row that is gone tells no VPC:
// then all are looked at, which changes only what differs.
func vpcOf(r *store.Snapshot, c store.Change) []string {
	if id, ok := ec2.VPCOfRow(r, c.Table, c.ID); ok {
		return []string{id}
	}
	return append(vpcIDs(r), goneVPC(c)...)
}

// goneVPC is the VPC of a change that deleted it.
func goneVPC(c store.Change) []string {
	if c.Table == ec2.VPCs.Name() {
		return []string{c.ID}
	}
	return nil
}
