package ec2api

import (
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	a := n.allocate()
	if *a.Domain != "vpc" || *a.NetworkBorderGroup != "eu-west-1" || *a.PublicIpv4Pool != "amazon" || !n.PublicPool.Contains(netip.MustParseAddr(*a.PublicIp)) {
		t.Errorf("allocated %+v", a)
	}
	if got := n.address(a.AllocationId); got.AssociationId != nil || got.NetworkInterfaceId != nil || *got.PublicIp != *a.PublicIp {
		t.Errorf("a free address %+v", got)
	}
	subnet := n.makeSubnet("10.0.1.0/24")
	eni, other := n.makeInterface(subnet), n.makeInterface(subnet)
	associate := func(allocation *string, eni string, again *bool) (*AssociateAddressOutput, error) {
		return n.AssociateAddress(n.ctx, &AssociateAddressInput{AllocationId: allocation, NetworkInterfaceId: &eni, AllowReassociation: again})
	}
	_, err := associate(a.AllocationId, eni, nil)
	refused(t, err, "Gateway.NotAttached", "Network "+n.id+" is not attached to any internet gateway")
	n.connect()
	mapped := must(associate(a.AllocationId, eni, nil))(t)
	shown := n.interfaceOf(eni)
	if as := shown.Association; as == nil || *as.PublicIp != *a.PublicIp || *as.AllocationId != *a.AllocationId || *as.AssociationId != *mapped.AssociationId || *as.IpOwnerId != account {
		t.Errorf("association %+v", as)
	}
	got := n.address(a.AllocationId)
	if *got.AssociationId != *mapped.AssociationId || *got.NetworkInterfaceId != eni || *got.PrivateIpAddress != *shown.PrivateIpAddress || *got.NetworkInterfaceOwnerId != account {
		t.Errorf("address %+v", got)
	}
	if again := must(associate(a.AllocationId, eni, p(false)))(t); *again.AssociationId != *mapped.AssociationId {
		t.Errorf("the same again: %s, want %s", *again.AssociationId, *mapped.AssociationId)
	}
	_, err = associate(a.AllocationId, other, p(false))
	refused(t, err, "Resource.AlreadyAssociated", "resource "+*a.AllocationId+" is already associated with associate-id "+*mapped.AssociationId)
	moved := must(associate(a.AllocationId, other, nil))(t)
	if *moved.AssociationId == *mapped.AssociationId || n.interfaceOf(eni).Association != nil || n.interfaceOf(other).Association == nil {
		t.Error("the address did not move")
	}
	b := n.allocate()
	_, err = associate(b.AllocationId, other, p(false))
	refused(t, err, "Resource.AlreadyAssociated", other)
	must(associate(b.AllocationId, other, nil))(t)
	if n.address(a.AllocationId).AssociationId != nil {
		t.Error("the interface has two addresses")
	}
	// A deleted interface leaves its address free.
	must(n.DeleteNetworkInterface(n.ctx, &DeleteNetworkInterfaceInput{NetworkInterfaceId: &other}))(t)
	must(n.ReleaseAddress(n.ctx, &ReleaseAddressInput{AllocationId: b.AllocationId}))(t)
	_, err = n.ReleaseAddress(n.ctx, &ReleaseAddressInput{AllocationId: b.AllocationId})
	refused(t, err, "InvalidAllocationID.NotFound", "The allocation ID '"+*b.AllocationId+"' does not exist")
}

func TestAddressRefusals(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	n.connect()
	a, subnet := n.allocate(), n.makeSubnet("10.0.1.0/24")
	eni, task := n.makeInterface(subnet), n.newInterface(subnet, false).ID
	for _, c := range []struct {
		in         AssociateAddressInput
		code, text string
	}{
		{AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: &task}, "AuthFailure", "You do not have permission to access the specified resource."},
		{AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: p("eni-nope")}, "InvalidNetworkInterfaceID.NotFound", "eni-nope"},
		{AssociateAddressInput{AllocationId: p("eipalloc-nope"), NetworkInterfaceId: &eni}, "InvalidAllocationID.NotFound", "eipalloc-nope"},
		{AssociateAddressInput{PublicIp: p("100.64.0.1"), NetworkInterfaceId: &eni}, "InvalidAddress.NotFound", "Address '100.64.0.1' not found."},
		{AssociateAddressInput{PublicIp: p("public"), NetworkInterfaceId: &eni}, "InvalidParameterValue", "public"},
		{AssociateAddressInput{AllocationId: a.AllocationId, InstanceId: p("i-1")}, "InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist"},
		{AssociateAddressInput{AllocationId: a.AllocationId}, "MissingParameter", "networkInterfaceId"},
		{AssociateAddressInput{NetworkInterfaceId: &eni}, "InvalidParameterCombination", ""},
		{AssociateAddressInput{AllocationId: a.AllocationId, PublicIp: a.PublicIp, NetworkInterfaceId: &eni}, "InvalidParameterCombination", ""},
		{AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: &eni, PrivateIpAddress: p("10.0.1.1")}, "InvalidParameterValue", "10.0.1.1"},
	} {
		_, err := n.AssociateAddress(n.ctx, &c.in)
		refused(t, err, c.code, c.text)
	}
	// By the address itself it works too.
	must(n.AssociateAddress(n.ctx, &AssociateAddressInput{PublicIp: a.PublicIp, NetworkInterfaceId: &eni, PrivateIpAddress: n.interfaceOf(eni).PrivateIpAddress}))(t)

	_, err := n.DisassociateAddress(n.ctx, &DisassociateAddressInput{PublicIp: a.PublicIp})
	refused(t, err, "InvalidParameterValue", "You must specify an association id")
	_, err = n.DisassociateAddress(n.ctx, &DisassociateAddressInput{AssociationId: p("eipassoc-nope")})
	refused(t, err, "InvalidAssociationID.NotFound", "eipassoc-nope")
	_, err = n.DisassociateAddress(n.ctx, &DisassociateAddressInput{AssociationId: p("")})
	refused(t, err, "InvalidAssociationID.NotFound", "")
	_, err = n.ReleaseAddress(n.ctx, &ReleaseAddressInput{PublicIp: a.PublicIp})
	refused(t, err, "InvalidParameterValue", "You must specify an allocation id when releasing a VPC elastic IP address")

	for _, c := range []struct {
		in   AllocateAddressInput
		code string
	}{
		{AllocateAddressInput{Domain: p("standard")}, "InvalidParameterValue"},
		{AllocateAddressInput{PublicIpv4Pool: p("ipv4pool-ec2-1")}, "InvalidPublicIpv4PoolID.NotFound"},
		{AllocateAddressInput{NetworkBorderGroup: p("us-east-1")}, "InvalidParameterValue"},
		{AllocateAddressInput{CustomerOwnedIpv4Pool: p("ipv4pool-coip-1")}, "UnsupportedOperation"},
		{AllocateAddressInput{IpamPoolId: p("ipam-pool-1")}, "UnsupportedOperation"},
		{AllocateAddressInput{Address: p("a.b.c.d")}, "InvalidParameterValue"},
		{AllocateAddressInput{Address: p("8.8.8.8")}, "InvalidAddress.NotFound"},
		{AllocateAddressInput{Address: p("100.64.0.3")}, "InvalidAddress.NotFound"}, // the host's
		{AllocateAddressInput{Address: a.PublicIp}, "InvalidIPAddress.InUse"},
	} {
		_, err := n.AllocateAddress(n.ctx, &c.in)
		refused(t, err, c.code, "")
	}
	if got := must(n.AllocateAddress(n.ctx, &AllocateAddressInput{Address: p("100.64.0.200"), Domain: p("vpc")}))(t); *got.PublicIp != "100.64.0.200" {
		t.Errorf("allocated %s", *got.PublicIp)
	}
}

func TestDescribeAddresses(t *testing.T) {
	n := newNetwork(t, "10.0.0.0/16")
	a, b := n.allocate(), n.allocate()
	list := func(in DescribeAddressesInput) []string {
		t.Helper()
		return ids(must(n.DescribeAddresses(n.ctx, &in))(t).Addresses, func(a Address) *string { return a.AllocationId })
	}
	if got := list(DescribeAddressesInput{PublicIps: []string{*b.PublicIp}}); len(got) != 1 || got[0] != *b.AllocationId {
		t.Errorf("by address: %v", got)
	}
	if got := list(DescribeAddressesInput{AllocationIds: []string{*a.AllocationId}, PublicIps: []string{*b.PublicIp}}); len(got) != 2 {
		t.Errorf("by either: %v", got)
	}
	if got := list(DescribeAddressesInput{Filters: []Filter{filter("public-ip", *a.PublicIp), filter("domain", "vpc"), filter("network-border-group", "eu-west-1")}}); len(got) != 1 {
		t.Errorf("filtered: %v", got)
	}
	for _, name := range []string{"association-id", "network-interface-id", "private-ip-address", "instance-id", "network-interface-owner-id"} {
		if got := list(DescribeAddressesInput{Filters: []Filter{filter(name, "*")}}); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	_, err := n.DescribeAddresses(n.ctx, &DescribeAddressesInput{AllocationIds: []string{"eipalloc-nope"}})
	refused(t, err, "InvalidAllocationID.NotFound", "eipalloc-nope")
	_, err = n.DescribeAddresses(n.ctx, &DescribeAddressesInput{PublicIps: []string{"100.64.0.255"}})
	refused(t, err, "InvalidAddress.NotFound", "")
	attributes := must(n.DescribeAddressesAttribute(n.ctx, &DescribeAddressesAttributeInput{AllocationIds: []string{*a.AllocationId}, Attribute: p("domain-name")}))(t).Addresses
	if len(attributes) != 1 || *attributes[0].PublicIp != *a.PublicIp || attributes[0].PtrRecord != nil {
		t.Errorf("attributes %+v", attributes)
	}
}

// TestPoolRunsOut holds that tasks and Elastic IPs share the pool, that no
// address is given twice, and that an empty pool is told.
func TestPoolRunsOut(t *testing.T) {
	w := newWorld(t)
	w.PublicPool = netip.MustParsePrefix("100.64.0.0/27") // 15 of its addresses are given
	seen := map[string]bool{}
	for k := range 15 {
		ip := ""
		if k%2 == 0 {
			ip = *w.allocate().PublicIp
		} else {
			ip = w.newInterface(*w.subnet("eu-west-1a").SubnetId, true).Public.String()
		}
		if seen[ip] {
			t.Fatalf("%s was given twice", ip)
		}
		seen[ip] = true
	}
	_, err := w.AllocateAddress(w.ctx, &AllocateAddressInput{})
	refused(t, err, "AddressLimitExceeded", "The maximum number of addresses has been reached.")
}
