package ec2

import (
	"iter"
	"net/netip"
	"slices"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// NATGateway lets what has no public address connect outward under its own
// address. Sole writer: ec2api; ec2ctl deletes it an hour after it is gone.
type NATGateway struct {
	ID     string
	Scope  aws.Scope
	VPC    string
	Subnet string
	// Private says that the gateway has no public address: it reaches other
	// networks, not the internet.
	Private bool
	// Interface is the gateway's, Address and Public its addresses; Allocation
	// and Association are those of Public. They are kept once it is deleted.
	Interface               string
	Address, Public         netip.Addr
	Allocation, Association string
	// FailureCode and FailureMessage say why the gateway could not be made.
	FailureCode, FailureMessage string
	CreatedAt                   time.Time
	// DeletedAt is when its deletion was asked for; zero before.
	DeletedAt time.Time
}

// NATGateways holds every NAT gateway by ID.
var NATGateways = store.NewTable("ec2.nat-gateways", func(g *NATGateway) string { return g.ID },
	store.Index[NATGateway]{Name: ByScope, Keys: func(g *NATGateway) []string { return []string{ScopeKey(g.Scope)} }},
	store.Index[NATGateway]{Name: byVPC, Keys: func(g *NATGateway) []string { return []string{g.VPC} }})

// NATGatewayStatus is what has become of a NAT gateway. Sole writer: ec2ctl.
type NATGatewayStatus struct {
	ID string
	// Ready says that the gateway carries traffic, Gone that it no longer does.
	Ready, Gone bool
}

// NATGatewayStatuses holds the statuses by the gateway's ID.
var NATGatewayStatuses = store.NewTable("ec2.nat-gateway-statuses", func(s *NATGatewayStatus) string { return s.ID })

// NATRetention is how long a gateway that is gone is still shown (VPC User
// Guide, "Delete a NAT gateway").
const NATRetention = time.Hour

const prefixNATGateway = "nat-"

// NewNATGatewayID returns the ID of a new NAT gateway.
func NewNATGatewayID() string { return NewID(prefixNATGateway) }

// FindNATGateway returns a NAT gateway of the scope.
func FindNATGateway(r store.Reader, s aws.Scope, id string) (*NATGateway, error) {
	if g, ok := NATGateways.Get(r, id); ok && g.Scope == s {
		return g, nil
	}
	return nil, aws.Errorf("NatGatewayNotFound", "NAT gateway %s was not found", id)
}

// NATGatewaysOf iterates over a VPC's NAT gateways in order of ID.
func NATGatewaysOf(r store.Reader, vpc string) iter.Seq[*NATGateway] {
	return NATGateways.By(r, byVPC, vpc)
}

// Carries says whether the gateway carries traffic, or is about to.
func (g *NATGateway) Carries() bool { return g.FailureCode == "" && g.DeletedAt.IsZero() }

// Ended is when the gateway failed or its deletion was asked for; zero before.
func (g *NATGateway) Ended() time.Time {
	if g.FailureCode != "" && g.DeletedAt.IsZero() {
		return g.CreatedAt
	}
	return g.DeletedAt
}

// State is the gateway's state in EC2's words (EC2 API Reference, NatGateway).
func (g *NATGateway) State(r store.Reader) string {
	status, ok := NATGatewayStatuses.Get(r, g.ID)
	switch {
	case !g.DeletedAt.IsZero() && (g.FailureCode != "" || ok && status.Gone):
		return "deleted"
	case g.FailureCode != "":
		return "failed"
	case !g.DeletedAt.IsZero():
		return "deleting"
	case ok && status.Ready:
		return "available"
	}
	return "pending"
}

// AddNATGateway adds a gateway, with an interface in its subnet that holds the
// Elastic IP address. What EC2 finds out only afterwards fails the gateway, not
// the request. wanted is the gateway's private address; zero for any.
func AddNATGateway(tx *store.Txn, g NATGateway, wanted netip.Addr, tags map[string]string) error {
	subnet, err := FindSubnet(tx, g.Scope, g.Subnet)
	if err != nil {
		return err
	}
	g.VPC = subnet.VPC
	var address *Address
	if !g.Private {
		if address, err = FindAddress(tx, g.Scope, g.Allocation); err != nil {
			return err
		}
		g.Public = address.Public
		g.FailureCode, g.FailureMessage = unfit(tx, &g)
	}
	if g.FailureCode != "" {
		g.Interface, g.Association = "", ""
	}
	if g.FailureCode == "" {
		if err := g.takeInterface(tx, wanted); err != nil {
			return err
		}
	}
	NATGateways.Put(tx, g)
	PutTags(tx, g.Scope, g.ID, tags)
	return nil
}

// unfit says why a public gateway can't be made (EC2 API Reference, NatGateway,
// failureCode).
func unfit(r store.Reader, g *NATGateway) (code, message string) {
	if _, ok := Holder(r, g.Public); ok {
		return "Resource.AlreadyAssociated", "Elastic IP address " + g.Allocation + " is already associated"
	}
	if v, ok := VPCs.Get(r, g.VPC); ok {
		if _, attached := GatewayOf(r, v); attached {
			return "", ""
		}
	}
	return "Gateway.NotAttached", "Network " + g.VPC + " has no Internet gateway attached"
}

// takeInterface makes the gateway's interface; a full subnet fails the gateway.
func (g *NATGateway) takeInterface(tx *store.Txn, wanted netip.Addr) error {
	i, err := AllocateInterface(tx, g.Scope, InterfaceRequest{
		ID: g.Interface, Subnet: g.Subnet, Address: wanted, Description: "Interface for NAT Gateway " + g.ID,
		Owner: g.ID, Seed: AddressSeed(g.ID), At: g.CreatedAt,
	})
	if e, ok := aws.AsError(err); ok && e.Code == "InsufficientFreeAddressesInSubnet" {
		g.Interface, g.Association = "", ""
		g.FailureCode, g.FailureMessage = e.Code, "Subnet has insufficient free addresses to create this NAT gateway"
		return nil
	}
	if err != nil {
		return err
	}
	g.Address = i.Address
	if !g.Private {
		i.Public, i.AssociationID = g.Public, g.Association
		NetworkInterfaces.Put(tx, *i)
	}
	return nil
}

// EndNATGateway asks for a gateway's deletion; twice is no error.
func EndNATGateway(tx *store.Txn, g NATGateway, now time.Time) {
	if g.DeletedAt.IsZero() {
		g.DeletedAt = now
		NATGateways.Put(tx, g)
	}
}

// ForgetNATGateway deletes the rows of a gateway that is gone.
func ForgetNATGateway(tx *store.Txn, id string) {
	NATGateways.Delete(tx, id)
	NATGatewayStatuses.Delete(tx, id)
	DeleteTags(tx, id)
}

// forgetNATGatewaysOf forgets the gateways of a VPC that is deleted; none of
// them has an interface any more.
func forgetNATGatewaysOf(tx *store.Txn, vpc string) {
	for _, g := range slices.Collect(NATGatewaysOf(tx, vpc)) {
		ForgetNATGateway(tx, g.ID)
	}
}
