package ec2

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// TestVPCOfRow holds that every row of a VPC tells it, and a deleted one doesn't.
func TestVPCOfRow(t *testing.T) {
	s := opened(t)
	r := s.Snapshot()
	vpc, _ := DefaultVPC(r, scope)
	ids := map[string][]string{VPCs.Name(): {vpc.ID}}
	for n := range Subnets.All(r) {
		ids[Subnets.Name()] = append(ids[Subnets.Name()], n.ID)
	}
	for n := range RouteTables.All(r) {
		ids[RouteTables.Name()] = append(ids[RouteTables.Name()], n.ID)
	}
	for n := range InternetGateways.All(r) {
		ids[InternetGateways.Name()] = append(ids[InternetGateways.Name()], n.ID)
	}
	for n := range SecurityGroups.All(r) {
		ids[SecurityGroups.Name()] = append(ids[SecurityGroups.Name()], n.ID)
	}
	for n := range SecurityGroupRules.All(r) {
		ids[SecurityGroupRules.Name()] = append(ids[SecurityGroupRules.Name()], n.ID)
	}
	for n := range NetworkACLs.All(r) {
		ids[NetworkACLs.Name()] = append(ids[NetworkACLs.Name()], n.ID)
	}
	if len(ids) != 7 {
		t.Fatalf("rows of %d tables", len(ids))
	}
	for table, rows := range ids {
		for _, id := range rows {
			if got, ok := VPCOfRow(r, table, id); !ok || got != vpc.ID {
				t.Errorf("%s %s belongs to %q, %v", table, id, got, ok)
			}
		}
		if got, ok := VPCOfRow(r, table, "gone"); ok {
			t.Errorf("a row of %s that is gone belongs to %q", table, got)
		}
	}
	update(t, s, func(tx *store.Txn) error {
		InternetGateways.Put(tx, InternetGateway{ID: "igw-free", Scope: scope})
		return nil
	})
	if got, ok := VPCOfRow(s.Snapshot(), InternetGateways.Name(), "igw-free"); ok {
		t.Errorf("a detached gateway belongs to %q", got)
	}
}

// TestRouteTableOf holds that a subnet's own table goes before the main one.
func TestRouteTableOf(t *testing.T) {
	s := opened(t)
	subnet := smallSubnet(t, s)
	main, ok := RouteTableOf(s.Snapshot(), subnet)
	if !ok || !main.Associations[0].Main || !strings.HasPrefix(main.DefaultGateway(), "igw-") {
		t.Fatalf("main table %+v", main)
	}
	update(t, s, func(tx *store.Txn) error {
		RouteTables.Put(tx, RouteTable{
			ID: "rtb-own", Scope: scope, VPC: subnet.VPC, Associations: []RouteTableAssociation{{ID: "rtbassoc-1", Subnet: subnet.ID}},
			Routes: []Route{{Destination: netip.MustParsePrefix("10.0.0.0/8"), GatewayID: "igw-x"}},
		})
		return nil
	})
	own, _ := RouteTableOf(s.Snapshot(), subnet)
	if own.ID != "rtb-own" || own.DefaultGateway() != "" {
		t.Errorf("own table %+v", own)
	}
	if _, ok := RouteTableOf(s.Snapshot(), &Subnet{ID: "subnet-x", VPC: "vpc-none"}); ok {
		t.Error("a subnet of no VPC has a route table")
	}
}

func TestFindersKeepToTheScope(t *testing.T) {
	s := opened(t)
	r := s.Snapshot()
	vpc, _ := DefaultVPC(r, scope)
	elsewhere := aws.Scope{Account: scope.Account, Region: "us-east-1"}
	for _, k := range resourceKinds {
		err := k.find(r, scope, k.prefix+"nope")
		if e, ok := aws.AsError(err); !ok || !strings.HasSuffix(e.Code, "NotFound") || !strings.Contains(e.Message, k.prefix+"nope") {
			t.Errorf("%s: %v", k.kind, err)
		}
		if got := ResourceType(k.prefix + "nope"); got != k.kind {
			t.Errorf("%s… is a %s, want a %s", k.prefix, got, k.kind)
		}
	}
	if _, err := FindVPC(r, elsewhere, vpc.ID); err == nil {
		t.Error("a VPC is found from another region")
	}
	if got := ResourceType("i-0"); got != "" {
		t.Errorf("an instance is a %s", got)
	}
}

func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range []string{NewInterfaceID(), NewInterfaceID(), NewSecurityGroupID(), NewRuleID()} {
		_, hex, _ := strings.Cut(id, "-")
		if len(hex) != 17 || strings.Trim(hex, "0123456789abcdef") != "" || seen[id] {
			t.Errorf("ID %s", id)
		}
		seen[id] = true
	}
	if !IsInterface(NewInterfaceID()) || IsInterface("vpc-0") {
		t.Error("interfaces aren't told from VPCs")
	}
	a, b := fixedID("x-", scope, "name"), fixedID("x-", aws.Scope{Account: scope.Account, Region: "r"}, "name")
	if a == b || a != fixedID("x-", scope, "name") || len(a) != 19 {
		t.Errorf("fixed IDs %s, %s", a, b)
	}
}

func TestTags(t *testing.T) {
	s := opened(t)
	vpc, _ := DefaultVPC(s.Snapshot(), scope)
	update(t, s, func(tx *store.Txn) error {
		PutTags(tx, scope, vpc.ID, map[string]string{"a": "1", "b": "2"})
		PutTags(tx, scope, vpc.ID, map[string]string{"b": "3"})
		PutTags(tx, scope, "vpc-none", nil)
		return nil
	})
	r := s.Snapshot()
	if got := TagsOf(r, vpc.ID); len(got) != 2 || got["a"] != "1" || got["b"] != "3" {
		t.Errorf("tags %v", got)
	}
	if _, ok := Tags.Get(r, "vpc-none"); ok {
		t.Error("no tags make a row")
	}
	more := map[string]string{"b": ""}
	for n := range 48 {
		more[fmt.Sprint(n)] = ""
	}
	if err := CheckTaggable(r, scope, vpc.ID, more); err != nil {
		t.Errorf("fifty tags: %v", err)
	}
	more["one more"] = ""
	if e, ok := aws.AsError(CheckTaggable(r, scope, vpc.ID, more)); !ok || e.Code != "TagLimitExceeded" {
		t.Errorf("fifty-one tags: %v", e)
	}
	update(t, s, func(tx *store.Txn) error { DeleteTags(tx, vpc.ID); return nil })
	if got := TagsOf(s.Snapshot(), vpc.ID); got != nil {
		t.Errorf("deleted tags %v", got)
	}
}
