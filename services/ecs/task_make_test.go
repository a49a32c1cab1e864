package ecs_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// Every task gets a provider with a weight or a base, bases are met first, and
// no provider is more than one task away from its share.
func TestSpreadCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy := []ecs.CapacityProviderStrategyItem{
			{CapacityProvider: "FARGATE", Weight: rapid.IntRange(1, 9).Draw(t, "weight")},
			{CapacityProvider: "FARGATE_SPOT", Weight: rapid.IntRange(0, 9).Draw(t, "spot weight")},
		}
		base := rapid.IntRange(0, 12).Draw(t, "base")
		strategy[rapid.IntRange(0, 1).Draw(t, "based")].Base = base
		count := rapid.IntRange(0, 40).Draw(t, "count")
		got := ecs.SpreadCapacity(strategy, nil, count)
		if len(got) != count {
			t.Fatalf("%d providers for %d tasks", len(got), count)
		}
		spread := max(0, count-base)
		total := strategy[0].Weight + strategy[1].Weight
		for _, item := range strategy {
			n := 0
			for _, name := range got {
				if name == item.CapacityProvider {
					n++
				}
			}
			n -= min(item.Base, count)
			if off := n*total - spread*item.Weight; off > total || off < -total {
				t.Fatalf("%s has %d of %d beyond its base; %+v", item.CapacityProvider, n, spread, strategy)
			}
		}
	})
}

func TestMakeIsDeterministic(t *testing.T) {
	s, nets := defaultNetworks(t)
	template := ecs.TaskTemplate{
		Cluster: &ecs.Cluster{ARN: ecs.ClusterARN(s, "c"), Scope: s, Name: "c"},
		Definition: &ecs.TaskDefinition{Family: "app", Containers: []ecs.ContainerDefinition{
			{Name: "a", Image: "i"}, {Name: "b", Image: "i", HealthCheck: &ecs.HealthCheck{}},
		}},
		Capacity: ecs.Capacity{LaunchType: ecs.LaunchFargate}, Networks: nets,
	}
	ids := []string{fmt.Sprintf("%032x", 1), fmt.Sprintf("%032x", 2), fmt.Sprintf("%032x", 3)}
	first, second := template.Make(ids), template.Make(ids)
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	var names, zones []string
	for i := range first {
		if first[i].Network.AttachmentID != second[i].Network.AttachmentID || first[i].Network.Subnet != second[i].Network.Subnet {
			t.Errorf("task %d differs", i)
		}
		names = append(names, first[i].Network.AttachmentID, first[i].Containers[0].ID, first[i].Containers[1].ID)
		zones = append(zones, first[i].Network.Zone)
		if first[i].EphemeralStorage != 20 || first[i].Containers[0].HealthChecked || !first[i].Containers[1].HealthChecked {
			t.Errorf("task %d: %+v", i, first[i])
		}
	}
	for _, name := range names {
		if !uuid.MatchString(name) {
			t.Errorf("%s is no UUID", name)
		}
	}
	slices.Sort(names)
	slices.Sort(zones)
	if len(slices.Compact(names)) != 9 || len(slices.Compact(zones)) != 3 {
		t.Errorf("names %v, zones %v", names, zones)
	}
}

func defaultNetworks(t *testing.T) (aws.Scope, *ecs.Networks) {
	t.Helper()
	s := aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	db := networkStore(t, func(tx *store.Txn) { ec2.EnsureDefaultVPC(tx, s) })
	nets, err := ecs.NetworkRequest{Subnets: subnetsOf(db)}.Resolve(db.Snapshot(), s)
	if err != nil {
		t.Fatal(err)
	}
	return s, nets
}

func networkStore(t *testing.T, fill func(*store.Txn)) *store.Store {
	t.Helper()
	db := store.OpenMemory(ec2.Tables()...)
	if err := db.Update(t.Context(), func(tx *store.Txn) error { fill(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	return db
}

func subnetsOf(db *store.Store) []string {
	var ids []string
	for s := range ec2.Subnets.All(db.Snapshot()) {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestNetworksOfTwoVPCs(t *testing.T) {
	s := aws.Scope{Account: "123456789012", Region: "eu-west-1"}
	db := networkStore(t, func(tx *store.Txn) {
		ec2.EnsureDefaultVPC(tx, s)
		ec2.Subnets.Put(tx, ec2.Subnet{ID: "subnet-other", Scope: s, VPC: "vpc-other", CIDR: netip.MustParsePrefix("10.0.0.0/24")})
		ec2.SecurityGroups.Put(tx, ec2.SecurityGroup{ID: "sg-other", Scope: s, VPC: "vpc-other", Name: "x"})
	})
	own := subnetsOf(db)[0]
	for name, q := range map[string]ecs.NetworkRequest{
		"subnets":          {Subnets: []string{own, "subnet-other"}},
		"group":            {Subnets: []string{own}, SecurityGroups: []string{"sg-other"}},
		"no default group": {Subnets: []string{"subnet-other"}},
	} {
		if own == "subnet-other" {
			t.Fatal("the default VPC's subnets come first")
		}
		if _, err := q.Resolve(db.Snapshot(), s); err == nil {
			t.Errorf("%s of two VPCs were taken", name)
		}
	}
	if _, err := (ecs.NetworkRequest{Subnets: []string{own}}).Resolve(db.Snapshot(), aws.Scope{Account: "1", Region: "r"}); err == nil {
		t.Error("another account's subnet was taken")
	}
}
