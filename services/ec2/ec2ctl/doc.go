// Package ec2ctl makes the data plane agree with the EC2 tables: one loop turns
// each VPC's rows into a complete network and applies it.
package ec2ctl
