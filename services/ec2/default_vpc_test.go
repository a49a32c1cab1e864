package ec2

import (
	"testing"

	"kaimon.dev/kaimon/store"
)

func TestDefaultVPC(t *testing.T) {
	s := opened(t)
	r := s.Snapshot()
	vpc, ok := DefaultVPC(r, scope)
	if !ok || vpc.CIDRs[0].String() != "172.31.0.0/16" {
		t.Fatalf("default VPC %+v", vpc)
	}
	zones := map[string]bool{}
	for subnet := range SubnetsOf(r, vpc.ID) {
		zones[subnet.Zone] = true
		table, ok := RouteTableOf(r, subnet)
		if !ok {
			t.Fatalf("%s has no route table", subnet.ID)
		}
		gateway, ok := InternetGateways.Get(r, table.DefaultGateway())
		if !ok || gateway.VPC != vpc.ID {
			t.Errorf("default route of %s leads to %q", subnet.ID, table.DefaultGateway())
		}
		if got := AvailableAddresses(r, subnet); got != 4091 {
			t.Errorf("%s has %d free addresses, want 4091", subnet.ID, got)
		}
	}
	if !zones["eu-west-1a"] || !zones["eu-west-1b"] || !zones["eu-west-1c"] || len(zones) != 3 {
		t.Errorf("subnets in %v", zones)
	}
	group, ok := DefaultSecurityGroup(r, vpc.ID)
	if !ok {
		t.Fatal("no default group")
	}
	var in, out int
	for rule := range RulesOf(r, group.ID) {
		switch {
		case rule.Egress && rule.CIDR == anywhere && rule.Protocol == -1:
			out++
		case !rule.Egress && rule.PeerGroup == group.ID && rule.Protocol == -1:
			in++
		}
	}
	if in != 1 || out != 1 {
		t.Errorf("default group has %d self rules and %d egress rules", in, out)
	}
}

// TestDefaultVPCComesOnce holds that a default VPC that was deleted stays
// deleted, and that each region has one of its own.
func TestDefaultVPCComesOnce(t *testing.T) {
	s := opened(t)
	first, _ := DefaultVPC(s.Snapshot(), scope)
	update(t, s, func(tx *store.Txn) error {
		VPCs.Delete(tx, first.ID)
		EnsureDefaultVPC(tx, scope)
		return nil
	})
	if v, ok := DefaultVPC(s.Snapshot(), scope); ok {
		t.Errorf("deleted VPC came back: %+v", v)
	}
	other := scope
	other.Region = "ap-southeast-2"
	update(t, s, func(tx *store.Txn) error { EnsureDefaultVPC(tx, other); return nil })
	if v, ok := DefaultVPC(s.Snapshot(), other); !ok || v.ID == first.ID {
		t.Errorf("second region: %+v", v)
	}
}

func TestZoneIDs(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "use1-az1", "eu-west-1": "euw1-az1", "ap-southeast-2": "apse2-az1",
		"ap-northeast-1": "apne1-az1", "us-gov-west-1": "usgw1-az1", "home": "home-az1",
	} {
		if got := ZonesOf(region)[0].ID; got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}
