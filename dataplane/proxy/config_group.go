package proxy

import (
	"net/netip"
	"time"
)

// The protocol versions of target groups.
const (
	HTTP1 = "HTTP1"
	HTTP2 = "HTTP2"
	GRPC  = "GRPC"
)

// The algorithms of target groups.
const (
	RoundRobin       = "round_robin"
	LeastOutstanding = "least_outstanding_requests"
	WeightedRandom   = "weighted_random"
)

// TargetGroup is a set of targets that are alike. It is checked and served
// when an action of a listener forwards to it.
type TargetGroup struct {
	ID        string // its ARN
	Protocol  string // HTTP, HTTPS, TCP, TLS, UDP or TCPUDP
	Version   string // HTTP1 (also when empty), HTTP2 or GRPC
	Algorithm string // RoundRobin (also when empty), LeastOutstanding or WeightedRandom
	Sticky    Stickiness
	Health    HealthCheck
	Targets   []Target

	DeregistrationDelay time.Duration // how long a draining target's requests may go on; AWS's default is 300 s
	DrainTerminates     bool          // deregistration_delay.connection_termination.enabled (network)
	SlowStart           time.Duration // slow_start.duration_seconds; 0 for off
	ProxyProtocolV2     bool          // proxy_protocol_v2.enabled (network)
}

// Stickiness keeps a client with one target. The zero value is off.
type Stickiness struct {
	Type     string        // lb_cookie, app_cookie or source_ip
	Duration time.Duration // how long the cookie lives
	Cookie   string        // app_cookie: the name of the application's cookie
}

// HealthCheck says how targets are probed. Zero values mean AWS's defaults for
// the protocol.
type HealthCheck struct {
	Disabled           bool
	Protocol           string        // HTTP, HTTPS or TCP
	Port               uint16        // 0 is traffic-port
	Path               string        // / ; GRPC: /AWS.ALB/healthcheck
	Interval           time.Duration // 30 s
	Timeout            time.Duration // 5 s
	HealthyThreshold   int           // 5
	UnhealthyThreshold int           // 2
	Matcher            string        // HTTP codes or gRPC codes: "200", "200,302", "200-299"
}

// Target is where requests go.
type Target struct {
	Address  netip.Addr
	Port     uint16
	Zone     string // availability zone; empty when unknown
	Draining bool   // deregistered: no new requests; leave it out of Config once reported Drained
}

// AddrPort is the target's address and port.
func (t Target) AddrPort() netip.AddrPort { return netip.AddrPortFrom(t.Address, t.Port) }
