package ec2

import (
	"iter"
	"slices"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Endpoint is a VPC endpoint: a way from a VPC to the platform that needs no
// internet or NAT gateway (AWS PrivateLink Guide). Sole writer: ec2api; ec2ctl
// deletes it, once it is Deleting and its interfaces are gone.
type Endpoint struct {
	ID    string
	Scope aws.Scope
	VPC   string
	// Service is the service's whole name, such as "com.amazonaws.eu-west-1.logs".
	Service string
	// Gateway says that it is a gateway endpoint: routes of RouteTables lead to
	// it. Others are interface endpoints, with an interface in each of Subnets.
	Gateway     bool
	RouteTables []string
	Subnets     []string
	Groups      []string
	// PrivateDNS says that the platform's name leads to the interfaces.
	PrivateDNS bool
	// Policy is one that allows everything.
	Policy    string
	Deleting  bool
	CreatedAt time.Time
}

// EndpointStatus is what has become of an interface endpoint. Sole writer: ec2ctl.
type EndpointStatus struct {
	ID string
	// Attached are the IDs of the interfaces at which the endpoint answers.
	Attached []string
	// Ready says that it answered in all its subnets.
	Ready bool
	// Error is what EC2 says against its interfaces; "" for nothing.
	ErrorCode, Error string
}

// Endpoints holds every VPC endpoint by ID.
var Endpoints = store.NewTable("ec2.vpc-endpoints", func(e *Endpoint) string { return e.ID },
	store.Index[Endpoint]{Name: ByScope, Keys: func(e *Endpoint) []string { return []string{ScopeKey(e.Scope)} }},
	store.Index[Endpoint]{Name: byVPC, Keys: func(e *Endpoint) []string { return []string{e.VPC} }})

// EndpointStatuses holds the status of interface endpoints by ID.
var EndpointStatuses = store.NewTable("ec2.vpc-endpoint-statuses", func(e *EndpointStatus) string { return e.ID })

// NewEndpointID returns the ID of a new VPC endpoint.
func NewEndpointID() string { return NewID(prefixEndpoint) }

// FindEndpoint returns a VPC endpoint of the scope.
func FindEndpoint(r store.Reader, s aws.Scope, id string) (*Endpoint, error) {
	if e, ok := Endpoints.Get(r, id); ok && e.Scope == s {
		return e, nil
	}
	return nil, aws.Errorf("InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist", id)
}

// EndpointsOf iterates over a VPC's endpoints in order of ID.
func EndpointsOf(r store.Reader, vpc string) iter.Seq[*Endpoint] { return Endpoints.By(r, byVPC, vpc) }

// EndpointsOfTable are the gateway endpoints that a route table leads to.
func EndpointsOfTable(r store.Reader, t *RouteTable) []*Endpoint {
	var out []*Endpoint
	for e := range EndpointsOf(r, t.VPC) {
		if e.Gateway && slices.Contains(e.RouteTables, t.ID) {
			out = append(out, e)
		}
	}
	return out
}

// EndpointInterfaces are the interfaces of an endpoint, in order of ID.
func EndpointInterfaces(r store.Reader, e *Endpoint) []*NetworkInterface {
	var out []*NetworkInterface
	for i := range InterfacesOf(r, e.VPC) {
		if i.Owner == e.ID {
			out = append(out, i)
		}
	}
	return out
}

// States of endpoints (EC2 API Reference, VpcEndpoint).
const (
	EndpointPending   = "pending"
	EndpointAvailable = "available"
	EndpointDeleting  = "deleting"
	EndpointFailed    = "failed"
)

// State is an endpoint's state.
func (e *Endpoint) State(r store.Reader) string {
	status, ok := EndpointStatuses.Get(r, e.ID)
	switch {
	case e.Deleting:
		return EndpointDeleting
	case e.Gateway, ok && status.Ready:
		return EndpointAvailable
	case ok && status.ErrorCode != "":
		return EndpointFailed
	}
	return EndpointPending
}

// RemoveEndpoint deletes a gateway endpoint, and asks for an interface endpoint
// to go.
func RemoveEndpoint(tx *store.Txn, e *Endpoint) {
	if e.Gateway {
		ForgetEndpoint(tx, e.ID)
		return
	}
	going := *e
	going.Deleting = true
	Endpoints.Put(tx, going)
}

// ForgetEndpoint deletes an endpoint's rows.
func ForgetEndpoint(tx *store.Txn, id string) {
	Endpoints.Delete(tx, id)
	EndpointStatuses.Delete(tx, id)
	DeleteTags(tx, id)
}
