// Package ec2 holds the nouns and rules of Amazon EC2 that a VPC is made of:
// VPCs, subnets, route tables, gateways, security groups, network interfaces
// and addresses. It does no I/O: ec2api speaks the wire, ec2ctl makes the
// kernel agree.
package ec2
