package ecs

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/services/ec2"
)

// However tasks are spread to begin with, each next one goes to an emptiest
// zone of the request's, and there to an emptiest subnet; in the end they are even.
func TestNextPlaceEvensOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, p := &Networks{}, NewPlaced()
		zones, inZone := map[string]bool{}, map[string][]string{}
		for i := range rapid.IntRange(1, 6).Draw(t, "subnets") {
			s := &ec2.Subnet{ID: fmt.Sprintf("subnet-%d", i), Zone: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "zone")}
			n.subnets = append(n.subnets, s)
			zones[s.Zone] = true
			inZone[s.Zone] = append(inZone[s.Zone], s.ID)
			p.Add("FARGATE", s.Zone, s.ID, rapid.IntRange(0, 5).Draw(t, "tasks"))
		}
		before := p.Clone()
		for range 100 {
			was := p.Clone()
			s := n.subnets[p.next(n)]
			for zone := range zones {
				if was.Zones[zone] < was.Zones[s.Zone] {
					t.Fatalf("zone %s with %v tasks", s.Zone, was.Zones)
				}
			}
			for _, other := range inZone[s.Zone] {
				if was.Subnets[other] < was.Subnets[s.ID] {
					t.Fatalf("subnet %s with %v tasks", s.ID, was.Subnets)
				}
			}
			if p.Zones[s.Zone] != was.Zones[s.Zone]+1 || p.Subnets[s.ID] != was.Subnets[s.ID]+1 {
				t.Fatalf("%v became %v", was, p)
			}
		}
		least, most := 1<<30, 0
		for zone := range zones {
			least, most = min(least, p.Zones[zone]), max(most, p.Zones[zone])
		}
		if most-least > 1 {
			t.Fatalf("%v became %v", before.Zones, p.Zones)
		}
	})
}
