package ec2

import (
	"iter"
	"net"
	"net/netip"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NetworkInterface is an elastic network interface. Sole writer: the
// controller that asked for it (ecsctl for a task's), or ec2api for a user's.
type NetworkInterface struct {
	ID          string
	Scope       aws.Scope
	VPC         string
	Subnet      string
	Zone        string
	Description string
	// Address is the primary private IPv4 address.
	Address netip.Addr
	MAC     string
	// Public is the address that the internet gateway maps to Address; zero for none.
	Public netip.Addr
	// AssociationID is set when Public is an Elastic IP address.
	AssociationID string
	Groups        []string
	// AttachmentID is "" while the interface is attached to nothing.
	AttachmentID string
	// Owner is the ARN or ID of what the interface was made for, such as a task;
	// "" for one that a user made.
	Owner     string
	CreatedAt time.Time
}

// NetworkInterfaces holds every interface by ID.
var NetworkInterfaces = store.NewTable("ec2.network-interfaces", func(i *NetworkInterface) string { return i.ID },
	store.Index[NetworkInterface]{Name: ByScope, Keys: func(i *NetworkInterface) []string { return []string{ScopeKey(i.Scope)} }},
	store.Index[NetworkInterface]{Name: byVPC, Keys: func(i *NetworkInterface) []string { return []string{i.VPC} }},
	store.Index[NetworkInterface]{Name: bySubnet, Keys: func(i *NetworkInterface) []string { return []string{i.Subnet} }},
	store.Index[NetworkInterface]{Name: byGroup, Keys: func(i *NetworkInterface) []string { return i.Groups }},
	store.Index[NetworkInterface]{Name: byAddress, Keys: func(i *NetworkInterface) []string { return []string{i.VPC + "/" + i.Address.String()} }},
	store.Index[NetworkInterface]{Name: byPublic, Keys: func(i *NetworkInterface) []string {
		if !i.Public.IsValid() {
			return nil
		}
		return []string{i.Public.String()}
	}})

// InterfaceRequest asks for a new interface.
type InterfaceRequest struct {
	// ID is made by the caller, before the transaction.
	ID     string
	Subnet string
	Groups []string
	// Address, when valid, is the private address to have.
	Address netip.Addr
	// PublicPool, when valid, is where a public address is taken from.
	PublicPool  netip.Prefix
	Description string
	Owner       string
	// Seed scatters addresses, so that one that was just freed is not the next in use.
	Seed uint32
	At   time.Time
}

// AllocateInterface makes an interface with a free address of the subnet, and
// one of the public pool when asked. It fails when there is none, or when the
// subnet or a group is gone.
func AllocateInterface(tx *store.Txn, s aws.Scope, q InterfaceRequest) (*NetworkInterface, error) {
	subnet, err := FindSubnet(tx, s, q.Subnet)
	if err != nil {
		return nil, err
	}
	for _, g := range q.Groups {
		if _, err := FindSecurityGroup(tx, s, g); err != nil {
			return nil, err
		}
	}
	addr, err := privateAddress(tx, subnet, q)
	if err != nil {
		return nil, err
	}
	i := NetworkInterface{
		ID: q.ID, Scope: s, VPC: subnet.VPC, Subnet: subnet.ID, Zone: subnet.Zone,
		Description: q.Description, Address: addr, MAC: macOf(q.ID), Groups: q.Groups,
		Owner: q.Owner, CreatedAt: q.At,
	}
	if i.Managed() {
		i.AttachmentID = prefixAttachment + q.ID[len(prefixInterface):]
	}
	if q.PublicPool.IsValid() {
		var ok bool
		if i.Public, ok = freeAddress(q.PublicPool, q.Seed, poolHead, poolTail, publicTaken(tx)); !ok {
			return nil, ErrPublicAddressesExhausted()
		}
	}
	NetworkInterfaces.Put(tx, i)
	return &i, nil
}

// privateAddress is the address that a request asks for, or a free one.
func privateAddress(r store.Reader, subnet *Subnet, q InterfaceRequest) (netip.Addr, error) {
	if q.Address.IsValid() {
		return q.Address, checkAddress(r, subnet, q.Address)
	}
	addr, ok := freeAddress(subnet.CIDR, q.Seed, 4, 1, func(a netip.Addr) bool {
		return used(NetworkInterfaces.By(r, byAddress, subnet.VPC+"/"+a.String()))
	})
	if !ok {
		return addr, ErrInsufficientAddresses(subnet.ID)
	}
	return addr, nil
}

// ReleaseInterface forgets an interface; its addresses are free then.
func ReleaseInterface(tx *store.Txn, id string) {
	NetworkInterfaces.Delete(tx, id)
	RemoveFlowLogsOf(tx, id)
	DeleteTags(tx, id)
}

// FindInterface returns an interface of the scope.
func FindInterface(r store.Reader, s aws.Scope, id string) (*NetworkInterface, error) {
	if i, ok := NetworkInterfaces.Get(r, id); ok && i.Scope == s {
		return i, nil
	}
	return nil, ErrInterfaceNotFound(id)
}

// InterfacesOf iterates over a VPC's interfaces in order of ID.
func InterfacesOf(r store.Reader, vpc string) iter.Seq[*NetworkInterface] {
	return NetworkInterfaces.By(r, byVPC, vpc)
}

// MembersOf iterates over the interfaces in a security group, in order of ID.
func MembersOf(r store.Reader, group string) iter.Seq[*NetworkInterface] {
	return NetworkInterfaces.By(r, byGroup, group)
}

// PrivateDNSName is the name that the VPC's resolver knows the address by (VPC
// User Guide, "DNS attributes for your VPC").
func (i *NetworkInterface) PrivateDNSName() string {
	return "ip-" + dashed(i.Address) + "." + InternalDomain(i.Scope.Region)
}

// PublicDNSName is the public address's name, "" without one.
func (i *NetworkInterface) PublicDNSName() string {
	if !i.Public.IsValid() {
		return ""
	}
	return "ec2-" + dashed(i.Public) + "." + publicDomain(i.Scope.Region)
}

// DNSNames are the names of an interface's addresses; none unless its VPC has
// enableDnsHostnames (VPC User Guide, "DNS attributes for your VPC").
func DNSNames(r store.Reader, i *NetworkInterface) (private, public string) {
	if v, ok := VPCs.Get(r, i.VPC); !ok || !v.DNSHostnames {
		return "", ""
	}
	return i.PrivateDNSName(), i.PublicDNSName()
}

// HardwareAddr is the interface's MAC address, parsed.
func (i *NetworkInterface) HardwareAddr() net.HardwareAddr {
	hw, err := net.ParseMAC(i.MAC)
	if err != nil {
		panic(err) // macOf made it
	}
	return hw
}
