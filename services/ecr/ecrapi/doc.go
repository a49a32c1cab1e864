// Package ecrapi answers the Amazon ECR API (JSON 1.1): it turns requests into
// rows of the ECR tables and rows into answers. zz_wire.go is generated.
package ecrapi
