package ec2api

import (
	"context"
	"strconv"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

var subnetFilters = filterTable[ec2.Subnet]{
	"availability-zone":    func(_ store.Reader, s *ec2.Subnet) []string { return one(s.Zone) },
	"availabilityZone":     func(_ store.Reader, s *ec2.Subnet) []string { return one(s.Zone) },
	"availability-zone-id": func(_ store.Reader, s *ec2.Subnet) []string { return one(zoneID(s)) },
	"available-ip-address-count": func(r store.Reader, s *ec2.Subnet) []string {
		return one(strconv.Itoa(ec2.AvailableAddresses(r, s)))
	},
	"cidr":                    func(_ store.Reader, s *ec2.Subnet) []string { return one(s.CIDR.String()) },
	"cidr-block":              func(_ store.Reader, s *ec2.Subnet) []string { return one(s.CIDR.String()) },
	"default-for-az":          func(_ store.Reader, s *ec2.Subnet) []string { return truth(s.Default) },
	"defaultForAz":            func(_ store.Reader, s *ec2.Subnet) []string { return truth(s.Default) },
	"map-public-ip-on-launch": func(_ store.Reader, s *ec2.Subnet) []string { return truth(s.MapPublicIPOnLaunch) },
	"owner-id":                func(_ store.Reader, s *ec2.Subnet) []string { return one(s.Scope.Account) },
	"state":                   func(store.Reader, *ec2.Subnet) []string { return one("available") },
	"subnet-arn":              func(_ store.Reader, s *ec2.Subnet) []string { return one(subnetARN(s)) },
	"subnet-id":               func(_ store.Reader, s *ec2.Subnet) []string { return one(s.ID) },
	"vpc-id":                  func(_ store.Reader, s *ec2.Subnet) []string { return one(s.VPC) },
}

// DescribeSubnets implements API.
func (h *Handlers) DescribeSubnets(ctx context.Context, in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	scope, err := h.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	rows, next, err := listing[ec2.Subnet]{
		operation: "DescribeSubnets", reader: r,
		ids: in.SubnetIds, find: func(id string) (*ec2.Subnet, error) { return ec2.FindSubnet(r, scope, id) },
		all: ec2.Subnets.By(r, ec2.ByScope, ec2.ScopeKey(scope)), key: func(s *ec2.Subnet) string { return s.ID },
		filters: in.Filters, known: subnetFilters, token: in.NextToken, max: in.MaxResults,
	}.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeSubnetsOutput{NextToken: next, Subnets: []Subnet{}}
	for _, s := range rows {
		out.Subnets = append(out.Subnets, wireSubnet(r, s))
	}
	return out, nil
}

func wireSubnet(r store.Reader, s *ec2.Subnet) Subnet {
	return Subnet{
		SubnetId: &s.ID, SubnetArn: wire.Ptr(subnetARN(s)), VpcId: &s.VPC, OwnerId: &s.Scope.Account,
		State: wire.Ptr("available"), CidrBlock: wire.Ptr(s.CIDR.String()),
		AvailabilityZone: &s.Zone, AvailabilityZoneId: wire.Ptr(zoneID(s)),
		AvailableIpAddressCount: wire.Ptr(int32(ec2.AvailableAddresses(r, s))),
		DefaultForAz:            &s.Default, MapPublicIpOnLaunch: &s.MapPublicIPOnLaunch,
		AssignIpv6AddressOnCreation: wire.Ptr(false), MapCustomerOwnedIpOnLaunch: wire.Ptr(false),
		EnableDns64: wire.Ptr(false), Ipv6Native: wire.Ptr(false),
		Ipv6CidrBlockAssociationSet: []SubnetIpv6CidrBlockAssociation{},
		PrivateDnsNameOptionsOnLaunch: &PrivateDnsNameOptionsOnLaunch{
			HostnameType:                    wire.Ptr("ip-name"),
			EnableResourceNameDnsARecord:    wire.Ptr(false),
			EnableResourceNameDnsAAAARecord: wire.Ptr(false),
		},
		Tags: wireTags(r, s.ID),
	}
}

func subnetARN(s *ec2.Subnet) string { return s.Scope.ARN("ec2", "subnet/"+s.ID).String() }

func zoneID(s *ec2.Subnet) string {
	for _, z := range ec2.ZonesOf(s.Scope.Region) {
		if z.Name == s.Zone {
			return z.ID
		}
	}
	return ""
}
