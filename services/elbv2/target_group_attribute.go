package elbv2

import "strings"

// Attributes of target groups that Kaimon acts on (ELBv2 API Reference,
// TargetGroupAttribute).
const (
	DeregistrationDelay   = "deregistration_delay.timeout_seconds"
	ConnectionTermination = "deregistration_delay.connection_termination.enabled"
	Algorithm             = "load_balancing.algorithm.type"
	SlowStart             = "slow_start.duration_seconds"
	Stickiness            = "stickiness.enabled"
	StickinessType        = "stickiness.type"
	StickyCookie          = "stickiness.app_cookie.cookie_name"
	StickyApp             = "stickiness.app_cookie.duration_seconds"
	StickyBalancer        = "stickiness.lb_cookie.duration_seconds"
	ProxyProtocol         = "proxy_protocol_v2.enabled"
)

// Kinds of stickiness.
const (
	BalancerCookie    = "lb_cookie"
	ApplicationCookie = "app_cookie"
	StickySource      = "source_ip"
)

const week = 7 * 24 * 3600

var sharedGroupAttributes = []Attribute{
	between(DeregistrationDelay, 300, 0, 3600),
	oneOf(Stickiness, "false", "true"),
	fixed("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
	fixed("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
	fixed("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
	fixed("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
	fixed("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
}

var layer7GroupAttributes = AttributeSet{"Target group", append([]Attribute{
	oneOf(StickinessType, BalancerCookie, ApplicationCookie),
	{Key: StickyCookie, valid: func(s string) bool { return len(s) <= 256 && !strings.HasPrefix(s, "AWSALB") }},
	between(StickyApp, 86400, 1, week),
	between(StickyBalancer, 86400, 1, week),
	oneOf(Algorithm, "round_robin", "least_outstanding_requests", "weighted_random"),
	fixed("load_balancing.algorithm.anomaly_mitigation", "off"),
	{Key: SlowStart, Default: "0", valid: func(s string) bool { return s == "0" || between("", 0, 30, 900).valid(s) }},
}, sharedGroupAttributes...)}

// layer4GroupAttributes are those of TCP and TLS, datagramGroupAttributes of UDP
// and TCP_UDP, whose flows end with the deregistration delay by default.
var (
	layer4GroupAttributes   = networkGroupAttributes("false", "true")
	datagramGroupAttributes = networkGroupAttributes("true", "false")
)

func networkGroupAttributes(termination ...string) AttributeSet {
	return AttributeSet{"Target group", append([]Attribute{
		oneOf(StickinessType, StickySource),
		oneOf(ConnectionTermination, termination...),
		oneOf(ProxyProtocol, "false", "true"),
		fixed("preserve_client_ip.enabled", "false"),
		fixed("target_health_state.unhealthy.connection_termination.enabled", "true"),
		fixed("target_health_state.unhealthy.draining_interval_seconds", "0"),
	}, sharedGroupAttributes...)}
}

// TargetGroupAttributes returns the attributes that groups of a protocol have.
func TargetGroupAttributes(protocol string) AttributeSet {
	switch protocol {
	case TCP, TLS:
		return layer4GroupAttributes
	case UDP, TCPUDP:
		return datagramGroupAttributes
	}
	return layer7GroupAttributes
}

// CheckGroupAttributes says which attributes of a group don't go together.
func CheckGroupAttributes(g *TargetGroup, set map[string]string) error {
	all := TargetGroupAttributes(g.Protocol)
	switch {
	case all.On(set, Stickiness) && all.Value(set, StickinessType) == ApplicationCookie && all.Value(set, StickyCookie) == "":
		return ErrInvalidConfiguration("You must specify a value for '%s' when the stickiness type is 'app_cookie'", StickyCookie)
	case all.Value(set, SlowStart) != "0" && all.Value(set, SlowStart) != "" && all.Value(set, Algorithm) != "round_robin":
		return ErrInvalidConfiguration("Slow start is only supported with the load balancing algorithm 'round_robin'")
	}
	return nil
}
