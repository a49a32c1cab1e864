package ecs

import (
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

const (
	maxSubnets = 16
	maxGroups  = 5
)

// NetworkRequest is what a request says about the interfaces of its tasks (ECS
// API, AwsVpcConfiguration).
type NetworkRequest struct {
	Subnets, SecurityGroups []string
	AssignPublicIP          bool
}

// Networks is a request whose subnets and groups were found.
type Networks struct {
	subnets []*ec2.Subnet
	groups  []string
	public  bool
}

// Resolve finds the subnets and groups, which must belong to one VPC; without
// groups the VPC's default one is taken. Its errors are those of RunTask and CreateService.
func (q NetworkRequest) Resolve(r store.Reader, s aws.Scope) (*Networks, error) {
	switch {
	case len(q.Subnets) == 0:
		return nil, InvalidParameter("subnets can not be empty.")
	case len(q.Subnets) > maxSubnets:
		return nil, InvalidParameter("subnets can have at most %d items.", maxSubnets)
	case len(q.SecurityGroups) > maxGroups:
		return nil, InvalidParameter("securityGroups can have at most %d items.", maxGroups)
	}
	n := &Networks{public: q.AssignPublicIP}
	for _, id := range q.Subnets {
		subnet, err := ec2.FindSubnet(r, s, id)
		if err != nil {
			return nil, refused("subnet", id, err)
		}
		if len(n.subnets) > 0 && subnet.VPC != n.subnets[0].VPC {
			return nil, InvalidParameter("All subnets must be from the same VPC: '%s' is not from '%s'.", id, n.subnets[0].VPC)
		}
		n.subnets = append(n.subnets, subnet)
	}
	for _, id := range q.SecurityGroups {
		group, err := ec2.FindSecurityGroup(r, s, id)
		if err != nil {
			return nil, refused("security group", id, err)
		}
		if group.VPC != n.subnets[0].VPC {
			return nil, InvalidParameter("Security group %s does not appear to belong to the same VPC as the input subnets.", id)
		}
		if !slices.Contains(n.groups, id) {
			n.groups = append(n.groups, id)
		}
	}
	if len(n.groups) == 0 {
		group, ok := ec2.DefaultSecurityGroup(r, n.subnets[0].VPC)
		if !ok {
			return nil, InvalidParameter("The VPC '%s' has no default security group.", n.subnets[0].VPC)
		}
		n.groups = []string{group.ID}
	}
	return n, nil
}

// VPC is the VPC of all the subnets.
func (n *Networks) VPC() string { return n.subnets[0].VPC }

// refused puts EC2's refusal into ECS's words.
func refused(what, id string, err error) error {
	e, ok := aws.AsError(err)
	if !ok {
		return err
	}
	return InvalidParameter("Error retrieving %s information for [%s]: %s (ErrorCode: %s)", what, id, e.Message, e.Code)
}

// Place returns the interface of the n-th task: tasks take turns over the subnets.
func (n *Networks) Place(turn int, attachmentID string) TaskNetwork {
	subnet := n.subnets[turn%len(n.subnets)]
	return TaskNetwork{
		AttachmentID: attachmentID, Subnet: subnet.ID, Zone: subnet.Zone,
		SecurityGroups: n.groups, AssignPublicIP: n.public,
	}
}
