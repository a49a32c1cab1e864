package ec2api

import (
	"context"
	"iter"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var zoneFilters = filterTable[ec2.Zone]{
	"group-name":    func(_ store.Reader, z *ec2.Zone) []string { return one(zoneGroup(z)) },
	"region-name":   func(_ store.Reader, z *ec2.Zone) []string { return one(z.Region()) },
	"opt-in-status": func(store.Reader, *ec2.Zone) []string { return one("opt-in-not-required") },
	"state":         func(store.Reader, *ec2.Zone) []string { return one("available") },
	"zone-id":       func(_ store.Reader, z *ec2.Zone) []string { return one(z.ID) },
	"zone-name":     func(_ store.Reader, z *ec2.Zone) []string { return one(z.Name) },
	"zone-type":     func(store.Reader, *ec2.Zone) []string { return one("availability-zone") },

	"group-long-name":  never[ec2.Zone],
	"message":          never[ec2.Zone],
	"parent-zone-id":   never[ec2.Zone],
	"parent-zone-name": never[ec2.Zone],
}

// zoneGroup is the zone group that a region's availability zones are in.
func zoneGroup(z *ec2.Zone) string { return z.Region() + "-zg-1" }

// DescribeAvailabilityZones implements API.
func (h *Handlers) DescribeAvailabilityZones(ctx context.Context, in *DescribeAvailabilityZonesInput) (*DescribeAvailabilityZonesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	zones := ec2.ZonesOf(scope.Region)
	find := func(id string) (*ec2.Zone, error) {
		for i := range zones {
			if zones[i].Name == id || zones[i].ID == id {
				return &zones[i], nil
			}
		}
		return nil, ec2.ErrInvalidParameter("Invalid availability zone: [%s]", id)
	}
	rows, _, err := listing[ec2.Zone]{
		reader: h.Store.Snapshot(), dryRun: in.DryRun,
		ids: append(slices.Clone(in.ZoneNames), in.ZoneIds...), find: find,
		all: pointers(zones), key: func(z *ec2.Zone) string { return z.Name },
		filters: in.Filters, known: zoneFilters,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeAvailabilityZonesOutput{AvailabilityZones: []AvailabilityZone{}}
	for _, z := range rows {
		out.AvailabilityZones = append(out.AvailabilityZones, AvailabilityZone{
			ZoneName: &z.Name, ZoneId: &z.ID, RegionName: &scope.Region, GroupName: wire.Ptr(zoneGroup(z)),
			NetworkBorderGroup: &scope.Region, ZoneType: wire.Ptr("availability-zone"),
			OptInStatus: wire.Ptr("opt-in-not-required"), State: wire.Ptr("available"),
			Messages: []AvailabilityZoneMessage{},
		})
	}
	return out, nil
}

// region is a row of DescribeRegions.
type region struct{ name string }

var regionFilters = filterTable[region]{
	"region-name":   func(_ store.Reader, r *region) []string { return one(r.name) },
	"endpoint":      func(_ store.Reader, r *region) []string { return one(r.endpoint()) },
	"opt-in-status": func(store.Reader, *region) []string { return one("opt-in-not-required") },
}

func (r *region) endpoint() string { return "ec2." + r.name + ".amazonaws.com" }

// DescribeRegions implements API. Any name is a region here; it lists those
// that have been used, the request's among them.
func (h *Handlers) DescribeRegions(ctx context.Context, in *DescribeRegionsInput) (*DescribeRegionsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	regions := usedRegions(h.Store.Snapshot(), scope)
	rows, _, err := listing[region]{
		reader: h.Store.Snapshot(), dryRun: in.DryRun, ids: in.RegionNames,
		find: func(id string) (*region, error) { return &region{id}, nil },
		all:  pointers(regions), key: func(r *region) string { return r.name },
		filters: in.Filters, known: regionFilters,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeRegionsOutput{Regions: []Region{}}
	for _, r := range rows {
		out.Regions = append(out.Regions, Region{
			RegionName: &r.name, Endpoint: wire.Ptr(r.endpoint()), OptInStatus: wire.Ptr("opt-in-not-required"),
		})
	}
	return out, nil
}

func usedRegions(r store.Reader, scope aws.Scope) (out []region) {
	for s := range ec2.Scopes.All(r) {
		if s.Scope.Account == scope.Account {
			out = append(out, region{s.Scope.Region})
		}
	}
	return out
}

// attributes are the account attributes that a VPC-only account has (EC2 API
// Reference, DescribeAccountAttributes).
func attributes(r store.Reader, s aws.Scope) map[string]string {
	vpc := "none"
	if v, ok := ec2.DefaultVPC(r, s); ok {
		vpc = v.ID
	}
	return map[string]string{
		"supported-platforms": "VPC", "default-vpc": vpc,
		"vpc-max-security-groups-per-interface": "5",
	}
}

// DescribeAccountAttributes implements API.
func (h *Handlers) DescribeAccountAttributes(ctx context.Context, in *DescribeAccountAttributesInput) (*DescribeAccountAttributesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	values := attributes(h.Store.Snapshot(), scope)
	names := in.AttributeNames
	if len(names) == 0 {
		names = []string{"supported-platforms", "default-vpc", "vpc-max-security-groups-per-interface"}
	}
	out := &DescribeAccountAttributesOutput{AccountAttributes: []AccountAttribute{}}
	for _, name := range names {
		v, ok := values[name]
		if !ok {
			return nil, ec2.ErrInvalidParameter("Value (%s) for parameter attribute is invalid. Kaimon has no such account attribute.", name)
		}
		out.AccountAttributes = append(out.AccountAttributes, AccountAttribute{
			AttributeName: &name, AttributeValues: []AccountAttributeValue{{AttributeValue: &v}},
		})
	}
	return out, dryRun(in.DryRun)
}

// pointers iterates over a slice's elements by reference.
func pointers[T any](s []T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range s {
			if !yield(&s[i]) {
				return
			}
		}
	}
}
