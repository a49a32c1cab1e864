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
	"availability-zone-id": func(_ store.Reader, s *ec2.Subnet) []string { return one(zoneID(s.Scope.Region, s.Zone)) },
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
	"private-dns-name-options-on-launch.hostname-type": func(store.Reader, *ec2.Subnet) []string {
		return one("ip-name")
	},
	"private-dns-name-options-on-launch.enable-resource-name-dns-a-record":    isFalse[ec2.Subnet],
	"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": isFalse[ec2.Subnet],

	"enable-dns64":                    isFalse[ec2.Subnet],
	"ipv6-native":                     isFalse[ec2.Subnet],
	"map-customer-owned-ip-on-launch": isFalse[ec2.Subnet],
	"customer-owned-ipv4-pool":        never[ec2.Subnet],
	"enable-lni-at-device-index":      never[ec2.Subnet],
	"outpost-arn":                     never[ec2.Subnet],

	"ipv6-cidr-block-association.association-id":  never[ec2.Subnet],
	"ipv6-cidr-block-association.ipv6-cidr-block": never[ec2.Subnet],
	"ipv6-cidr-block-association.state":           never[ec2.Subnet],

	"subnet-id": func(_ store.Reader, s *ec2.Subnet) []string { return one(s.ID) },
	"vpc-id":    func(_ store.Reader, s *ec2.Subnet) []string { return one(s.VPC) },
}

// DescribeSubnets implements API.
func (h *Handlers) DescribeSubnets(ctx context.Context, in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.Subnets, ec2.FindSubnet, func(s *ec2.Subnet) string { return s.ID })
	l.operation, l.idsParam, l.ids = "DescribeSubnets", "SubnetIds", in.SubnetIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, subnetFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
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
		AvailabilityZone: &s.Zone, AvailabilityZoneId: wire.Ptr(zoneID(s.Scope.Region, s.Zone)),
		AvailableIpAddressCount: wire.Ptr(int32(ec2.AvailableAddresses(r, s))),
		DefaultForAz:            &s.Default, MapPublicIpOnLaunch: &s.MapPublicIPOnLaunch,
		BlockPublicAccessStates:     &BlockPublicAccessStates{InternetGatewayBlockMode: wire.Ptr("off")},
		AssignIpv6AddressOnCreation: wire.Ptr(false), MapCustomerOwnedIpOnLaunch: wire.Ptr(false),
		EnableDns64: wire.Ptr(false), Ipv6Native: wire.Ptr(false),
		Ipv6CidrBlockAssociationSet: []SubnetIpv6CidrBlockAssociation{},
		PrivateDnsNameOptionsOnLaunch: &PrivateDnsNameOptionsOnLaunch{
			HostnameType:                    wire.Ptr("ip-name"),
			EnableResourceNameDnsARecord:    wire.Ptr(false),
			EnableResourceNameDnsAAAARecord: wire.Ptr(false),
		},
		Tags: wireTagsIfAny(r, s.ID),
	}
}

func subnetARN(s *ec2.Subnet) string { return s.Scope.ARN("ec2", "subnet/"+s.ID).String() }

// zoneID is the ID of the region's zone of that name.
func zoneID(region, name string) string {
	for _, z := range ec2.ZonesOf(region) {
		if z.Name == name {
			return z.ID
		}
	}
	return ""
}
