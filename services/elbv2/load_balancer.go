package elbv2

import (
	"iter"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Types of load balancers.
const (
	Application = "application"
	Network     = "network"
)

// Schemes of load balancers.
const (
	InternetFacing = "internet-facing"
	Internal       = "internal"
)

// LoadBalancer is what is wanted of a load balancer. Sole writer: elbv2api.
type LoadBalancer struct {
	ARN   string
	Scope aws.Scope
	Name  string
	// Type is Application or Network, Scheme InternetFacing or Internal.
	Type   string
	Scheme string
	VPC    string
	// Subnets has one for each enabled availability zone.
	Subnets []string
	// Addresses are those that were asked for, by subnet.
	Addresses      map[string]FixedAddress
	SecurityGroups []string
	// Attributes are those that were set; the others have their defaults.
	Attributes map[string]string
	CreatedAt  time.Time
}

// LoadBalancers holds every load balancer by ARN.
var LoadBalancers = store.NewTable("elbv2.load-balancers", func(b *LoadBalancer) string { return b.ARN },
	store.Index[LoadBalancer]{Name: ByScope, Keys: func(b *LoadBalancer) []string { return []string{ScopeKey(b.Scope)} }},
	store.Index[LoadBalancer]{Name: byDNSName, Keys: func(b *LoadBalancer) []string { return []string{strings.ToLower(b.DNSName())} }})

// ID is the sixteen digits that end the ARN.
func (b *LoadBalancer) ID() string { return b.ARN[strings.LastIndexByte(b.ARN, '/')+1:] }

// Path is what follows "loadbalancer/" in the ARN, such as "app/web/0123456789abcdef".
func (b *LoadBalancer) Path() string { return kinds[b.Type] + "/" + b.Name + "/" + b.ID() }

// DNSName is the load balancer's name. It ends in localhost (RFC 6761, 6.3), so
// that it means this machine without any set-up.
func (b *LoadBalancer) DNSName() string {
	name := b.Name + "-" + b.ID() + "." + b.Scope.Region + DNSSuffix
	if b.Scheme == Internal {
		return "internal-" + name
	}
	return name
}

// DNSSuffix ends the names of all load balancers.
const DNSSuffix = ".elb.localhost"

// FindLoadBalancer returns a load balancer of the scope; others' don't exist
// for a caller.
func FindLoadBalancer(r store.Reader, s aws.Scope, arn string) (*LoadBalancer, error) {
	if b, ok := LoadBalancers.Get(r, arn); ok && b.Scope == s {
		return b, nil
	}
	return nil, ErrLoadBalancerNotFound(arn)
}

// LoadBalancersIn iterates over a scope's load balancers in order of ARN.
func LoadBalancersIn(r store.Reader, s aws.Scope) iter.Seq[*LoadBalancer] {
	return LoadBalancers.By(r, ByScope, ScopeKey(s))
}

// LoadBalancerNamed returns the scope's load balancer of that name.
func LoadBalancerNamed(r store.Reader, s aws.Scope, name string) (*LoadBalancer, bool) {
	for b := range LoadBalancersIn(r, s) {
		if b.Name == name {
			return b, true
		}
	}
	return nil, false
}

// LoadBalancerAt returns the load balancer of a DNS name, without a dot at its
// end and whatever its case.
func LoadBalancerAt(r store.Reader, dnsName string) (*LoadBalancer, bool) {
	for b := range LoadBalancers.By(r, byDNSName, strings.ToLower(dnsName)) {
		return b, true
	}
	return nil, false
}
