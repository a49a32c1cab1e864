package ec2

import (
	"net/netip"
	"slices"
	"testing"

	"kaimon.dev/kaimon/store"
)

// interfaceEndpoint puts an endpoint into two of the default subnets.
func interfaceEndpoint(t *testing.T, s *store.Store) *Endpoint {
	t.Helper()
	vpc, _ := DefaultVPC(s.Snapshot(), scope)
	e := Endpoint{ID: NewEndpointID(), Scope: scope, VPC: vpc.ID, Service: "com.amazonaws.eu-west-1.ecr.api", PrivateDNS: true}
	for n := range SubnetsOf(s.Snapshot(), vpc.ID) {
		if n.Zone != "eu-west-1c" {
			e.Subnets = append(e.Subnets, n.ID)
		}
	}
	update(t, s, func(tx *store.Txn) error { Endpoints.Put(tx, e); return nil })
	return &e
}

// TestEndpointNames holds that an endpoint is known by its names in its own VPC,
// at the interfaces where it answers.
func TestEndpointNames(t *testing.T) {
	s := opened(t)
	e := interfaceEndpoint(t, s)
	names := e.Names(s.Snapshot())
	domain := ".ecr.api.eu-west-1.vpce.amazonaws.com"
	if want := []string{e.ID + domain, e.ID + "-eu-west-1a" + domain, e.ID + "-eu-west-1b" + domain}; !slices.Equal(names, want) {
		t.Errorf("names %v", names)
	}
	look := func(name string) int {
		addrs, ok := LookupEndpoint(s.Snapshot(), e.VPC, name)
		if !ok {
			return -1
		}
		return len(addrs)
	}
	if look(names[0]) != 0 || look(names[1]) != 0 || look("vpce-other"+domain) != -1 {
		t.Error("an endpoint without interfaces has addresses")
	}
	var attached []string
	for _, subnet := range e.Subnets {
		update(t, s, func(tx *store.Txn) error {
			id := NewInterfaceID()
			attached = append(attached, id)
			_, err := AllocateInterface(tx, scope, InterfaceRequest{ID: id, Subnet: subnet, Owner: e.ID})
			return err
		})
	}
	if len(EndpointInterfaces(s.Snapshot(), e)) != 2 || len(e.Addresses(s.Snapshot(), "")) != 0 {
		t.Error("interfaces that aren't attached count")
	}
	put := func(ids ...string) {
		update(t, s, func(tx *store.Txn) error {
			EndpointStatuses.Put(tx, EndpointStatus{ID: e.ID, Attached: ids, Ready: true})
			return nil
		})
	}
	put(attached...)
	if look(names[0]) != 2 || look(names[1]) != 1 || look(names[2]) != 1 {
		t.Errorf("addresses %d, %d, %d", look(names[0]), look(names[1]), look(names[2]))
	}
	if all := e.Addresses(s.Snapshot(), ""); !slices.IsSortedFunc(all, netip.Addr.Compare) {
		t.Errorf("addresses %v", all)
	}
	if _, ok := LookupEndpoint(s.Snapshot(), "vpc-other", names[0]); ok {
		t.Error("an endpoint is known in another VPC")
	}
	for name, want := range map[string]bool{names[0]: true, "example.com": false, "vpce-1.example.com": false, "x.ecs.eu-west-1.vpce.amazonaws.com": false} {
		if IsEndpointName(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	update(t, s, func(tx *store.Txn) error { RemoveEndpoint(tx, e); return nil })
	going, _ := FindEndpoint(s.Snapshot(), scope, e.ID)
	if going.State(s.Snapshot()) != EndpointDeleting || len(going.Addresses(s.Snapshot(), "")) != 0 {
		t.Errorf("a deleted endpoint is %s", going.State(s.Snapshot()))
	}
	update(t, s, func(tx *store.Txn) error { ForgetEndpoint(tx, e.ID); return nil })
	_, err := FindEndpoint(s.Snapshot(), scope, e.ID)
	wantCode(t, err, "InvalidVpcEndpointId.NotFound")
	if _, ok := EndpointStatuses.Get(s.Snapshot(), e.ID); ok {
		t.Error("a forgotten endpoint has a status")
	}
}

func TestEndpointStates(t *testing.T) {
	s := opened(t)
	e := interfaceEndpoint(t, s)
	if got := e.State(s.Snapshot()); got != EndpointPending {
		t.Errorf("new: %s", got)
	}
	for want, status := range map[string]EndpointStatus{
		EndpointFailed:    {ErrorCode: "InvalidSubnetID.NotFound"},
		EndpointAvailable: {Ready: true},
		EndpointPending:   {},
	} {
		status.ID = e.ID
		update(t, s, func(tx *store.Txn) error { EndpointStatuses.Put(tx, status); return nil })
		if got := e.State(s.Snapshot()); got != want {
			t.Errorf("%+v is %s", status, got)
		}
	}
	gateway := &Endpoint{ID: "vpce-gw", Gateway: true}
	if got := gateway.State(s.Snapshot()); got != EndpointAvailable || gateway.Names(s.Snapshot()) != nil {
		t.Errorf("a gateway is %s", got)
	}
}

// TestEndpointServices holds that each region has its own, and that domains of
// endpoints tell the service.
func TestEndpointServices(t *testing.T) {
	names := map[string]bool{}
	for _, service := range EndpointServices("eu-west-1") {
		if names[service.Name] || service.Region != "eu-west-1" || service.Gateway != (service.Name == StorageService("eu-west-1")) {
			t.Errorf("service %+v", service)
		}
		names[service.Name] = true
		if got, err := FindEndpointService("eu-west-1", service.Name); err != nil || got != service {
			t.Errorf("%s is %+v, %v", service.Name, got, err)
		}
		_, err := FindEndpointService("us-east-1", service.Name)
		wantCode(t, err, "InvalidServiceName")
		if a, b := EndpointServiceID(service.Name), EndpointServiceID(service.Name+"x"); a == b || a != EndpointServiceID(service.Name) {
			t.Errorf("service IDs %s and %s", a, b)
		}
	}
}

// TestVPCWithEndpointStays holds that a VPC isn't deleted before its endpoints.
func TestVPCWithEndpointStays(t *testing.T) {
	s := opened(t)
	v := VPC{ID: "vpc-own", Scope: scope, CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}}
	update(t, s, func(tx *store.Txn) error {
		VPCs.Put(tx, v)
		AddDefaultACL(tx, v)
		Endpoints.Put(tx, Endpoint{ID: "vpce-1", Scope: scope, VPC: v.ID, Gateway: true})
		return nil
	})
	remove := func() error { return s.Update(t.Context(), func(tx *store.Txn) error { return RemoveVPC(tx, &v) }) }
	wantCode(t, remove(), "DependencyViolation")
	update(t, s, func(tx *store.Txn) error { ForgetEndpoint(tx, "vpce-1"); return nil })
	if err := remove(); err != nil {
		t.Error(err)
	}
	if got, ok := VPCOfRow(s.Snapshot(), Endpoints.Name(), "vpce-1"); ok {
		t.Errorf("a deleted endpoint belongs to %s", got)
	}
}
