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
