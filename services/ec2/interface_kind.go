package ec2

import "strings"

// InterfaceKind is what an interface was made for, as DescribeNetworkInterfaces
// tells it (EC2 API Reference, NetworkInterface).
type InterfaceKind struct {
	// Type is the interface's type, such as "nat_gateway".
	Type string
	// Requester is the service that made the interface and manages it; "" for one
	// that a user made.
	Requester string
	// AttachedBy is the owner of what it is attached to; "" for none.
	AttachedBy string
}

// plain is the type of interfaces that have no other.
const plain = "interface"

// Kind tells from the interface's owner what it was made for.
func (i *NetworkInterface) Kind() InterfaceKind {
	switch {
	case i.Owner == "":
		return InterfaceKind{Type: plain}
	case strings.HasPrefix(i.Owner, prefixEndpoint):
		return InterfaceKind{Type: "vpc_endpoint", Requester: "amazon-aws", AttachedBy: "amazon-aws"}
	case strings.HasPrefix(i.Owner, "nat-"):
		return InterfaceKind{Type: "nat_gateway", Requester: "amazon-aws", AttachedBy: "amazon-aws"}
	case strings.Contains(i.Owner, ":loadbalancer/net/"):
		return InterfaceKind{Type: "network_load_balancer", Requester: "amazon-elb", AttachedBy: "amazon-elb"}
	case strings.Contains(i.Owner, ":elasticloadbalancing:"):
		return InterfaceKind{Type: plain, Requester: "amazon-elb", AttachedBy: "amazon-elb"}
	}
	return InterfaceKind{Type: plain, Requester: "amazon-ecs", AttachedBy: "amazon-aws"}
}

// Managed says whether a service manages the interface: users can't change it.
func (i *NetworkInterface) Managed() bool { return i.Owner != "" }
