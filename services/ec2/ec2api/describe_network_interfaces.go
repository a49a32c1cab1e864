package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

func interfaceField(f func(*ec2.NetworkInterface) string) func(store.Reader, *ec2.NetworkInterface) []string {
	return func(_ store.Reader, i *ec2.NetworkInterface) []string {
		if v := f(i); v != "" {
			return one(v)
		}
		return nil
	}
}

var interfaceFilters = filterTable[ec2.NetworkInterface]{
	"addresses.private-ip-address":    interfaceField(func(i *ec2.NetworkInterface) string { return i.Address.String() }),
	"addresses.primary":               interfaceField(func(*ec2.NetworkInterface) string { return "true" }),
	"addresses.association.public-ip": associationField(associatedIP),
	"association.public-ip":           associationField(associatedIP),
	"association.public-dns-name":     associationField(func(a *NetworkInterfaceAssociation) *string { return a.PublicDnsName }),
	"association.ip-owner-id":         associationField(associatedOwner),
	"addresses.association.owner-id":  associationField(associatedOwner),
	"attachment.attach-time": attachmentField(func(a *NetworkInterfaceAttachment) string {
		return a.AttachTime.UTC().Format("2006-01-02T15:04:05.000Z")
	}),
	"attachment.delete-on-termination": attachmentField(func(*NetworkInterfaceAttachment) string { return "false" }),
	"attachment.attachment-id":         attachmentField(func(a *NetworkInterfaceAttachment) string { return *a.AttachmentId }),
	"attachment.status":                attachmentField(func(a *NetworkInterfaceAttachment) string { return *a.Status }),
	"attachment.device-index":          attachmentField(func(*NetworkInterfaceAttachment) string { return "1" }),
	"attachment.instance-owner-id":     attachmentField(func(a *NetworkInterfaceAttachment) string { return *a.InstanceOwnerId }),
	"availability-zone":                interfaceField(func(i *ec2.NetworkInterface) string { return i.Zone }),
	"availability-zone-id":             interfaceField(func(i *ec2.NetworkInterface) string { return zoneID(i.Scope.Region, i.Zone) }),
	"description":                      interfaceField(func(i *ec2.NetworkInterface) string { return i.Description }),
	"interface-type":                   interfaceField(func(i *ec2.NetworkInterface) string { return i.Kind().Type }),
	"mac-address":                      interfaceField(func(i *ec2.NetworkInterface) string { return i.MAC }),
	"network-interface-id":             interfaceField(func(i *ec2.NetworkInterface) string { return i.ID }),
	"owner-id":                         interfaceField(func(i *ec2.NetworkInterface) string { return i.Scope.Account }),
	"private-dns-name":                 privateName,
	"private-ip-address":               interfaceField(func(i *ec2.NetworkInterface) string { return i.Address.String() }),
	"requester-id":                     interfaceField(func(i *ec2.NetworkInterface) string { return i.Kind().Requester }),
	"requester-managed":                func(_ store.Reader, i *ec2.NetworkInterface) []string { return truth(i.Managed()) },
	"source-dest-check":                interfaceField(func(*ec2.NetworkInterface) string { return "true" }),
	"status":                           interfaceField(interfaceStatus),
	"subnet-id":                        interfaceField(func(i *ec2.NetworkInterface) string { return i.Subnet }),
	"vpc-id":                           interfaceField(func(i *ec2.NetworkInterface) string { return i.VPC }),
	"operator.managed":                 isFalse[ec2.NetworkInterface],

	"association.allocation-id":   associationField(func(a *NetworkInterfaceAssociation) *string { return a.AllocationId }),
	"association.association-id":  associationField(func(a *NetworkInterfaceAssociation) *string { return a.AssociationId }),
	"attachment.instance-id":      never[ec2.NetworkInterface],
	"ipv6-addresses.ipv6-address": never[ec2.NetworkInterface],
	"operator.principal":          never[ec2.NetworkInterface],

	"group-id": func(_ store.Reader, i *ec2.NetworkInterface) []string { return i.Groups },
	"group-name": func(r store.Reader, i *ec2.NetworkInterface) (out []string) {
		for _, g := range wireGroups(r, i.Groups) {
			out = append(out, wire.Val(g.GroupName))
		}
		return out
	},
}

// DescribeNetworkInterfaces implements API.
func (h *Handlers) DescribeNetworkInterfaces(ctx context.Context, in *DescribeNetworkInterfacesInput) (*DescribeNetworkInterfacesOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.NetworkInterfaces, ec2.FindInterface, func(i *ec2.NetworkInterface) string { return i.ID })
	l.operation, l.idsParam, l.ids = "DescribeNetworkInterfaces", "NetworkInterfaceIds", in.NetworkInterfaceIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filters, interfaceFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeNetworkInterfacesOutput{NextToken: next, NetworkInterfaces: []NetworkInterface{}}
	for _, i := range rows {
		out.NetworkInterfaces = append(out.NetworkInterfaces, wireInterface(r, i))
	}
	return out, nil
}

func wireInterface(r store.Reader, i *ec2.NetworkInterface) NetworkInterface {
	association := wireAssociation(r, i)
	private, public := ec2.DNSNames(r, i)
	return NetworkInterface{
		NetworkInterfaceId: &i.ID, OwnerId: &i.Scope.Account, VpcId: &i.VPC, SubnetId: &i.Subnet,
		AvailabilityZone: &i.Zone, AvailabilityZoneId: wire.Ptr(zoneID(i.Scope.Region, i.Zone)), Description: &i.Description, InterfaceType: wire.Ptr(i.Kind().Type),
		MacAddress: &i.MAC, Status: wire.Ptr(interfaceStatus(i)), SourceDestCheck: wire.Ptr(true),
		RequesterManaged: wire.Ptr(i.Managed()), RequesterId: wire.Optional(i.Kind().Requester),
		PrivateIpAddress: wire.Ptr(i.Address.String()), PrivateDnsName: wire.Optional(private),
		PublicDnsName: wire.Optional(public), Association: association,
		Attachment:    wireAttachment(i),
		Operator:      &OperatorResponse{Managed: wire.Ptr(false)},
		Groups:        wireGroups(r, i.Groups),
		Ipv6Addresses: []NetworkInterfaceIpv6Address{},
		PrivateIpAddresses: []NetworkInterfacePrivateIpAddress{{
			Association: association, Primary: wire.Ptr(true),
			PrivateDnsName: wire.Optional(private), PrivateIpAddress: wire.Ptr(i.Address.String()),
		}},
		TagSet: wireTags(r, i.ID),
	}
}

func wireGroups(r store.Reader, ids []string) []GroupIdentifier {
	out := []GroupIdentifier{}
	for _, id := range ids {
		if g, ok := ec2.SecurityGroups.Get(r, id); ok {
			out = append(out, GroupIdentifier{GroupId: &g.ID, GroupName: &g.Name})
		}
	}
	return out
}
