// Package elbv2 holds the nouns and rules of Elastic Load Balancing v2: load
// balancers, listeners, rules, target groups and their targets. It does no I/O:
// elbv2api speaks the wire, elbv2ctl makes proxies agree and reports health.
package elbv2
