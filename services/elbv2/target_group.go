package elbv2

import (
	"iter"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Types of targets.
const (
	TypeIP       = "ip"
	TypeInstance = "instance"
)

// TargetGroup is a set of targets that requests are forwarded to, and how they
// are checked. Sole writer: elbv2api.
type TargetGroup struct {
	ARN   string
	Scope aws.Scope
	Name  string
	// Protocol is HTTP, HTTPS, TCP, TLS, UDP or TCPUDP; Port is what targets
	// without one get.
	Protocol string
	Port     int
	// ProtocolVersion is HTTP1, HTTP2 or GRPC, "" for Network.
	ProtocolVersion string
	VPC             string
	// TargetType is TypeIP or TypeInstance.
	TargetType  string
	HealthCheck HealthCheck
	// Attributes are those that were set; the others have their defaults.
	Attributes map[string]string
}

// TargetGroups holds every target group by ARN.
var TargetGroups = store.NewTable("elbv2.target-groups", func(g *TargetGroup) string { return g.ARN },
	store.Index[TargetGroup]{Name: ByScope, Keys: func(g *TargetGroup) []string { return []string{ScopeKey(g.Scope)} }})

// Layer7 says whether the group's protocol is one of application load balancers.
func (g *TargetGroup) Layer7() bool { return g.Protocol == HTTP || g.Protocol == HTTPS }

// FindTargetGroup returns a target group of the scope.
func FindTargetGroup(r store.Reader, s aws.Scope, arn string) (*TargetGroup, error) {
	if g, ok := TargetGroups.Get(r, arn); ok && g.Scope == s {
		return g, nil
	}
	return nil, ErrTargetGroupNotFound(arn)
}

// TargetGroupNamed returns the scope's target group of that name.
func TargetGroupNamed(r store.Reader, s aws.Scope, name string) (*TargetGroup, bool) {
	for g := range TargetGroupsIn(r, s) {
		if g.Name == name {
			return g, true
		}
	}
	return nil, false
}

// TargetGroupsIn iterates over a scope's target groups in order of ARN.
func TargetGroupsIn(r store.Reader, s aws.Scope) iter.Seq[*TargetGroup] {
	return TargetGroups.By(r, ByScope, ScopeKey(s))
}

// LoadBalancersOf returns the ARNs of the load balancers whose rules forward to
// a target group, in order.
func LoadBalancersOf(r store.Reader, targetGroup string) []string {
	var out []string
	for rule := range Rules.By(r, byTargetGroup, targetGroup) {
		out = insert(out, rule.LoadBalancer)
	}
	return out
}

// HasLoadBalancer says whether a target group gets requests: ECS refuses a
// service whose group "does not have an associated load balancer".
func HasLoadBalancer(r store.Reader, targetGroup string) bool {
	for range Rules.By(r, byTargetGroup, targetGroup) {
		return true
	}
	return false
}
