package ec2

import (
	"iter"
	"net/netip"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Subnet is a block of a VPC in one availability zone. Sole writer: ec2api.
type Subnet struct {
	ID    string
	Scope aws.Scope
	VPC   string
	CIDR  netip.Prefix
	// Zone is the availability zone's name, such as "eu-west-1a".
	Zone    string
	Default bool
	// MapPublicIPOnLaunch gives instances a public address; ECS tasks ask for theirs.
	MapPublicIPOnLaunch bool
}

// Subnets holds every subnet by ID.
var Subnets = store.NewTable("ec2.subnets", func(s *Subnet) string { return s.ID },
	store.Index[Subnet]{Name: ByScope, Keys: func(s *Subnet) []string { return []string{ScopeKey(s.Scope)} }},
	store.Index[Subnet]{Name: byVPC, Keys: func(s *Subnet) []string { return []string{s.VPC} }})

// FindSubnet returns a subnet of the scope.
func FindSubnet(r store.Reader, s aws.Scope, id string) (*Subnet, error) {
	if n, ok := Subnets.Get(r, id); ok && n.Scope == s {
		return n, nil
	}
	return nil, ErrSubnetNotFound(id)
}

// SubnetsOf iterates over a VPC's subnets in order of ID.
func SubnetsOf(r store.Reader, vpc string) iter.Seq[*Subnet] { return Subnets.By(r, byVPC, vpc) }

// AvailableAddresses counts the addresses of a subnet that are free: all but
// the five that AWS reserves (VPC User Guide, "Subnet sizing") and those in use.
func AvailableAddresses(r store.Reader, s *Subnet) int {
	n := 1<<(32-s.CIDR.Bits()) - 5
	for range NetworkInterfaces.By(r, bySubnet, s.ID) {
		n--
	}
	return n
}
