package ec2ctl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// attachTimeout bounds the wait for an endpoint's network to be applied.
const attachTimeout = 10 * time.Second

// Endpoints gives interface endpoints their interfaces.
type Endpoints struct {
	store *store.Store
	plane vpc.Plane
	clock clock.Clock
	loop  *reconcile.Loop
}

// NewEndpoints makes the controller; Run starts it.
func NewEndpoints(s *store.Store, plane vpc.Plane, c clock.Clock, log *slog.Logger) *Endpoints {
	e := &Endpoints{store: s, plane: plane, clock: c}
	e.loop = reconcile.New(reconcile.Options{
		Name: "ec2.endpoints", Workers: 2, Log: log, Keys: e.ids, Resync: resync,
	}, e.reconcile)
	return e
}

// Run keeps the interfaces of endpoints as their rows say, until ctx ends.
func (e *Endpoints) Run(ctx context.Context) error {
	e.loop.Wake(e.ids()...) // the platform answers at them as long as the server runs
	reconcile.FromChanges(ctx, e.loop, e.store, func(_ *store.Snapshot, c store.Change) []string { return []string{c.ID} }, ec2.Endpoints)
	return e.loop.Run(ctx)
}

// Stats are the loop's counters, for health.
func (e *Endpoints) Stats() reconcile.Stats { return e.loop.Stats() }

func (e *Endpoints) ids() []string {
	var ids []string
	for row := range ec2.Endpoints.All(e.store.Snapshot()) {
		if !row.Gateway {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

// reconcile brings an endpoint's interfaces to what its row says.
func (e *Endpoints) reconcile(ctx context.Context, id string) (reconcile.Result, error) {
	r := e.store.Snapshot()
	row, ok := ec2.Endpoints.Get(r, id)
	if !ok || row.Gateway {
		return reconcile.Result{}, nil
	}
	plan := planEndpoint(r, row)
	if err := e.remove(ctx, id, plan.remove); err != nil {
		return reconcile.Result{}, err
	}
	if plan.forget {
		return reconcile.Result{}, e.store.Update(ctx, func(tx *store.Txn) error { ec2.ForgetEndpoint(tx, id); return nil })
	}
	made, err := e.allocate(ctx, row, plan)
	if err != nil {
		return reconcile.Result{}, e.refused(ctx, id, err)
	}
	if err := e.attach(ctx, made); err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{}, e.update(ctx, id, func(s *ec2.EndpointStatus) {
		*s = ec2.EndpointStatus{ID: id, Ready: true}
		for _, i := range made {
			s.Attached = append(s.Attached, i.ID)
		}
		slices.Sort(s.Attached)
	})
}

// update changes an endpoint's status, if it is still there and something differs.
func (e *Endpoints) update(ctx context.Context, id string, change func(*ec2.EndpointStatus)) error {
	return e.store.Update(ctx, func(tx *store.Txn) error {
		if _, ok := ec2.Endpoints.Get(tx, id); !ok {
			return nil
		}
		status := ec2.EndpointStatus{ID: id}
		have, ok := ec2.EndpointStatuses.Get(tx, id)
		if ok {
			status = *have
			status.Attached = slices.Clone(have.Attached)
		}
		change(&status)
		if !ok || !same(status, *have) {
			ec2.EndpointStatuses.Put(tx, status)
		}
		return nil
	})
}

func same(a, b ec2.EndpointStatus) bool {
	return a.Ready == b.Ready && a.ErrorCode == b.ErrorCode && a.Error == b.Error && slices.Equal(a.Attached, b.Attached)
}

// remove takes interfaces out of the names, then out of the kernel, then out of
// the store.
func (e *Endpoints) remove(ctx context.Context, id string, interfaces []*ec2.NetworkInterface) error {
	if len(interfaces) == 0 {
		return nil
	}
	err := e.update(ctx, id, func(s *ec2.EndpointStatus) {
		for _, i := range interfaces {
			s.Attached = slices.DeleteFunc(s.Attached, func(id string) bool { return id == i.ID })
		}
	})
	if err != nil {
		return err
	}
	for _, i := range interfaces {
		if err := e.plane.DetachInterface(ctx, i.ID); err != nil {
			return fmt.Errorf("detach interface %s: %w", i.ID, err)
		}
	}
	return e.store.Update(ctx, func(tx *store.Txn) error {
		for _, i := range interfaces {
			ec2.ReleaseInterface(tx, i.ID)
		}
		return nil
	})
}

// allocate makes the interfaces that the plan lacks, gives all of them the
// endpoint's groups, and returns them.
func (e *Endpoints) allocate(ctx context.Context, row *ec2.Endpoint, plan endpointPlan) (all []*ec2.NetworkInterface, err error) {
	all = slices.Clone(plan.keep)
	requests := make([]ec2.InterfaceRequest, len(plan.allocate))
	for i, subnet := range plan.allocate {
		id := ec2.NewInterfaceID()
		requests[i] = ec2.InterfaceRequest{
			ID: id, Subnet: subnet, Groups: row.Groups, Owner: row.ID, Seed: ec2.AddressSeed(id), At: e.clock.Now(),
			Description: "VPC Endpoint Interface " + row.ID,
		}
	}
	return all, e.store.Update(ctx, func(tx *store.Txn) error {
		for _, i := range plan.keep {
			if have, ok := ec2.NetworkInterfaces.Get(tx, i.ID); ok && !slices.Equal(have.Groups, i.Groups) {
				ec2.NetworkInterfaces.Put(tx, *i)
			}
		}
		for _, q := range requests {
			i, err := ec2.AllocateInterface(tx, row.Scope, q)
			if err != nil {
				return err
			}
			all = append(all, i)
		}
		return nil
	})
}

// refused notes what EC2 refuses an endpoint; it is tried again.
func (e *Endpoints) refused(ctx context.Context, id string, err error) error {
	refusal, ok := aws.AsError(err)
	if !ok {
		return err
	}
	return errors.Join(err, e.update(ctx, id, func(s *ec2.EndpointStatus) {
		s.ErrorCode, s.Error = refusal.Code, refusal.Message
	}))
}

// attach has interfaces made in the kernel, where the platform answers at them.
func (e *Endpoints) attach(ctx context.Context, interfaces []*ec2.NetworkInterface) error {
	ctx, cancel := context.WithTimeout(ctx, attachTimeout)
	defer cancel()
	for _, i := range interfaces {
		_, err := e.plane.AttachInterface(ctx, vpc.Interface{
			ID: i.ID, Network: i.VPC, Subnet: i.Subnet, Address: i.Address, MAC: i.HardwareAddr(), Groups: i.Groups, Platform: true,
		})
		if err != nil {
			return fmt.Errorf("attach interface %s: %w", i.ID, err)
		}
	}
	return nil
}

// EndpointNames resolves the names of VPC endpoints, for dataplane/dns.
type EndpointNames struct{ Store *store.Store }

// Owns says that a name is an endpoint's, if anyone's.
func (n EndpointNames) Owns(_, name string) bool {
	return ec2.IsEndpointName(strings.TrimSuffix(name, "."))
}

// Lookup returns the addresses of an endpoint of the network.
func (n EndpointNames) Lookup(network, name string) ([]netip.Addr, bool) {
	return ec2.LookupEndpoint(n.Store.Snapshot(), network, strings.TrimSuffix(name, "."))
}

// Reverse finds nothing: an endpoint's addresses have their private names.
func (n EndpointNames) Reverse(string, netip.Addr) (string, bool) { return "", false }
