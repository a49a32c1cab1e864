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
var InternetGateways = store.NewTable("ec2.internet_gateways", func(g *InternetGateway) string { return g.ID },
	store.Index[InternetGateway]{Name: ByScope, Keys: func(g *InternetGateway) []string { return []string{ScopeKey(g.Scope)} }})
