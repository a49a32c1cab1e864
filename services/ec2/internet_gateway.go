package ec2

import (
	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// InternetGateway maps public addresses to private ones. Sole writer: ec2api.
type InternetGateway struct {
	ID    string
	Scope aws.Scope
	// VPC is the VPC that it is attached to, "" if none.
	VPC string
}

// InternetGateways holds every internet gateway by ID.
var InternetGateways = store.NewTable("ec2.internet-gateways", func(g *InternetGateway) string { return g.ID },
	store.Index[InternetGateway]{Name: ByScope, Keys: func(g *InternetGateway) []string { return []string{ScopeKey(g.Scope)} }})

// FindInternetGateway returns an internet gateway of the scope.
func FindInternetGateway(r store.Reader, s aws.Scope, id string) (*InternetGateway, error) {
	if row, ok := InternetGateways.Get(r, id); ok && row.Scope == s {
		return row, nil
	}
	return nil, ErrInternetGatewayNotFound(id)
}

// NewInternetGatewayID returns the ID of a new internet gateway.
func NewInternetGatewayID() string { return NewID(prefixInternetGateway) }

// GatewayOf returns the internet gateway that is attached to a VPC, if any is.
func GatewayOf(r store.Reader, v *VPC) (*InternetGateway, bool) {
	for g := range InternetGateways.By(r, ByScope, ScopeKey(v.Scope)) {
		if g.VPC == v.ID {
			return g, true
		}
	}
	return nil, false
}

// Attach attaches a free gateway to a VPC that has none.
func (g InternetGateway) Attach(tx *store.Txn, v *VPC) error {
	if g.VPC != "" {
		return aws.Errorf("Resource.AlreadyAssociated", "resource %s is already attached to network %s", g.ID, g.VPC)
	}
	if _, ok := GatewayOf(tx, v); ok {
		return ErrInvalidParameter("Network %s already has an internet gateway attached", v.ID)
	}
	g.VPC = v.ID
	InternetGateways.Put(tx, g)
	return nil
}

// Detach detaches a gateway from its VPC, in which no address may be public any more.
func (g InternetGateway) Detach(tx *store.Txn, vpc string) error {
	if g.VPC != vpc {
		return aws.Errorf("Gateway.NotAttached", "resource %s is not attached to network %s", g.ID, vpc)
	}
	for i := range InterfacesOf(tx, vpc) {
		if i.Public.IsValid() {
			return aws.Errorf("DependencyViolation", "Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", vpc)
		}
	}
	g.VPC = ""
	InternetGateways.Put(tx, g)
	return nil
}

// Remove deletes a gateway that is attached nowhere.
func (g InternetGateway) Remove(tx *store.Txn) error {
	if g.VPC != "" {
		return errInUse("internetGateway", g.ID)
	}
	InternetGateways.Delete(tx, g.ID)
	DeleteTags(tx, g.ID)
	return nil
}
