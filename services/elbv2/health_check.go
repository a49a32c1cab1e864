package elbv2

import "time"

// HealthCheck is how a target group's targets are probed (ELBv2 API Reference,
// TargetGroup).
type HealthCheck struct {
	Enabled bool
	// Protocol is HTTP, HTTPS or TCP.
	Protocol string
	// Port is a number or "traffic-port".
	Port string
	// Path is "" for TCP.
	Path      string
	Interval  time.Duration
	Timeout   time.Duration
	Healthy   int
	Unhealthy int
	// HTTPCode lists codes and ranges, such as "200,302" or "200-299"; GRPCCode
	// is its like for gRPC. One of them is set, none for TCP.
	HTTPCode string
	GRPCCode string
}

// TrafficPort is the port of a health check that probes where traffic goes.
const TrafficPort = "traffic-port"
