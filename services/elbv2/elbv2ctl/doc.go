// Package elbv2ctl makes the data plane agree with the ELBv2 tables. Each load
// balancer gets a node, an interface of its own, in each of its subnets; the
// proxy gets the whole configuration, and says how targets are, which becomes
// rows of target health.
//
// It also gives load balancers their names: a DNS zone inside VPCs and, on the
// one port of the server, a way in by Host header.
package elbv2ctl
