package elbv2

import (
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// PlaceIn checks the subnets that a load balancer shall be in, and takes them
// and their VPC over: one subnet a zone, two zones for an application load
// balancer, a way to the internet for one that faces it.
func (b *LoadBalancer) PlaceIn(r store.Reader, subnets []string) error {
	zones := map[string]bool{}
	vpc := ""
	for _, id := range subnets {
		s, err := ec2.FindSubnet(r, b.Scope, id)
		switch {
		case err != nil:
			return aws.Errorf("SubnetNotFound", "The subnet ID '%s' does not exist", id)
		case vpc != "" && s.VPC != vpc:
			return aws.Errorf("InvalidSubnet", "The subnets must all belong to the same VPC")
		case zones[s.Zone]:
			return ErrInvalidConfiguration("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		case s.CIDR.Bits() > 27:
			return aws.Errorf("InvalidSubnet", "Subnet '%s' has a CIDR block that is too small: at least /27 is needed", id)
		case b.Scheme == InternetFacing && !reachesInternet(r, s):
			return aws.Errorf("InvalidSubnet", "VPC %s has no internet gateway", s.VPC)
		}
		zones[s.Zone], vpc = true, s.VPC
	}
	switch {
	case b.Type == Application && len(zones) < 2:
		return errValidation("At least two subnets in two different Availability Zones must be specified")
	case len(zones) == 0:
		return errValidation("At least one subnet must be specified")
	case b.VPC != "" && vpc != b.VPC:
		return aws.Errorf("InvalidSubnet", "The subnets must all belong to the same VPC")
	}
	b.Subnets, b.VPC = slices.Clone(subnets), vpc
	return nil
}

// reachesInternet says whether an internet gateway is attached to a subnet's VPC.
func reachesInternet(r store.Reader, s *ec2.Subnet) bool {
	for g := range ec2.InternetGateways.By(r, ec2.ByScope, ec2.ScopeKey(s.Scope)) {
		if g.VPC == s.VPC {
			return true
		}
	}
	return false
}

// maxSecurityGroups is the quota "security groups per load balancer".
const maxSecurityGroups = 5

// Protect checks the security groups that a new load balancer shall have, and
// takes them over. An application load balancer without any gets its VPC's
// default one; a network one stays without for good, and lets everything pass.
func (b *LoadBalancer) Protect(r store.Reader, groups []string) error {
	if len(groups) == 0 && b.Type == Application {
		if g, ok := ec2.GroupNamed(r, b.VPC, "default"); ok {
			groups = []string{g.ID}
		}
	}
	if len(groups) > maxSecurityGroups {
		return ErrInvalidConfiguration("A load balancer cannot have more than %d security groups", maxSecurityGroups)
	}
	for _, id := range groups {
		g, err := ec2.FindSecurityGroup(r, b.Scope, id)
		if err != nil {
			return aws.Errorf("InvalidSecurityGroup", "The security group '%s' does not exist", id)
		}
		if g.VPC != b.VPC {
			return ErrInvalidConfiguration("One or more security groups are invalid: '%s' is not in VPC '%s'", id, b.VPC)
		}
	}
	b.SecurityGroups = slices.Clone(groups)
	return nil
}

// Reprotect is Protect for a load balancer that is there already.
func (b *LoadBalancer) Reprotect(r store.Reader, groups []string) error {
	if b.Open() {
		return ErrInvalidConfiguration("You cannot set security groups on a Network Load Balancer which was created without any security groups.")
	}
	return b.Protect(r, groups)
}

// Open says that no security group guards the load balancer (Network Load
// Balancer guide, "Update the security groups").
func (b *LoadBalancer) Open() bool { return b.Type == Network && len(b.SecurityGroups) == 0 }
