// Package ec2api answers the EC2 API (EC2 Query protocol): it turns requests
// into rows of the EC2 tables and rows into answers. zz_wire.go is generated.
package ec2api
