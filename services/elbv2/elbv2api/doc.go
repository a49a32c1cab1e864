// Package elbv2api answers the Elastic Load Balancing v2 API (Query protocol):
// it turns requests into rows of the ELBv2 tables and rows into answers.
// zz_wire.go is generated.
package elbv2api
