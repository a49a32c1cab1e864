package ec2api

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// wireAssociation is an interface's public address; nil when it has none.
func wireAssociation(r store.Reader, i *ec2.NetworkInterface) *NetworkInterfaceAssociation {
	if !i.Public.IsValid() {
		return nil
	}
	_, name := ec2.DNSNames(r, i)
	out := &NetworkInterfaceAssociation{
		PublicIp: wire.Ptr(i.Public.String()), PublicDnsName: &name, IpOwnerId: wire.Ptr("amazon"),
	}
	if a, ok := ec2.AllocationOf(r, i); ok {
		out.AllocationId, out.AssociationId, out.IpOwnerId = &a.ID, &i.AssociationID, &a.Scope.Account
	}
	return out
}

// associationField is a filter by what an interface's public address shows.
func associationField(f func(*NetworkInterfaceAssociation) *string) func(store.Reader, *ec2.NetworkInterface) []string {
	return func(r store.Reader, i *ec2.NetworkInterface) []string {
		if a := wireAssociation(r, i); a != nil && wire.Val(f(a)) != "" {
			return one(*f(a))
		}
		return nil
	}
}

func associatedIP(a *NetworkInterfaceAssociation) *string    { return a.PublicIp }
func associatedOwner(a *NetworkInterfaceAssociation) *string { return a.IpOwnerId }

// privateName is an interface's private DNS name, if it has one.
func privateName(r store.Reader, i *ec2.NetworkInterface) []string {
	if name, _ := ec2.DNSNames(r, i); name != "" {
		return one(name)
	}
	return nil
}
