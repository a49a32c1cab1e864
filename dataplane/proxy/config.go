package proxy

import (
	"net/netip"
	"time"
)

// Config is everything that a proxy shall do. It is always complete: what it
// doesn't name is given up. Swapping configurations drops no connection whose
// listener goes on.
type Config struct {
	LoadBalancers []LoadBalancer
	TargetGroups  []TargetGroup
}

// Change is what becomes of parts of a configuration: load balancers and target
// groups that are new or others than before, by their IDs, and those that go.
type Change struct {
	LoadBalancers     []LoadBalancer
	TargetGroups      []TargetGroup
	GoneLoadBalancers []string
	GoneTargetGroups  []string
}

// The types of load balancers.
const (
	Application = "application"
	Network     = "network"
)

// LoadBalancer is an Application or Network Load Balancer.
type LoadBalancer struct {
	ID         string // its ARN; the key of metrics
	Type       string // Application or Network
	Nodes      []Node // one per zone
	Listeners  []Listener
	Attributes Attributes
}

// Node is a load balancer's interface in one zone: it listens on the address,
// and dials targets from it, inside the network namespace.
type Node struct {
	Zone    string     // availability zone name, such as us-east-1a
	NetNS   string     // path of the namespace; empty is the proxy's own
	Address netip.Addr // the private address
}

// Attributes are a load balancer's attributes, by the names in brackets
// (Elastic Load Balancing API reference, LoadBalancerAttribute). The zero value
// of a field means AWS's default.
type Attributes struct {
	IdleTimeout       time.Duration // idle_timeout.timeout_seconds; 60 s, network 350 s
	ClientKeepAlive   time.Duration // client_keep_alive.seconds; 1 h
	Desync            string        // routing.http.desync_mitigation_mode: monitor, defensive (default) or strictest
	DropInvalidHeader bool          // routing.http.drop_invalid_header_fields.enabled
	PreserveHost      bool          // routing.http.preserve_host_header.enabled
	TLSHeaders        bool          // routing.http.x_amzn_tls_version_and_cipher_suite.enabled
	XFFMode           string        // routing.http.xff_header_processing.mode: append (default), preserve or remove
	XFFClientPort     bool          // routing.http.xff_client_port.enabled
	NoHTTP2           bool          // routing.http2.enabled = false
	NoCrossZone       bool          // load_balancing.cross_zone.enabled = false
	AccessLog         string        // the directory that access logs are left in; empty for none
}

// The protocols of listeners and target groups.
const (
	HTTP  = "HTTP"
	HTTPS = "HTTPS"
	TCP   = "TCP"
	TLS   = "TLS"
	UDP   = "UDP"
	// TCPUDP is both on one port.
	TCPUDP = "TCP_UDP"
)

// Listener accepts connections on one port of every node.
type Listener struct {
	ID           string // its ARN
	Port         uint16
	Protocol     string        // HTTP, HTTPS, TCP, TLS, UDP or TCPUDP
	Certificates []Certificate // the first is the default; others are chosen by SNI
	TLSPolicy    string        // a security policy's name; only its lowest TLS version counts
	Default      Action
	Rules        []Rule // in order of priority, without the default
}

// Certificate is a certificate chain with its private key, both in PEM.
type Certificate struct {
	Chain string // the leaf first
	Key   string
}
