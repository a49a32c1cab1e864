// Package acmapi answers the AWS Certificate Manager API (JSON 1.1): it turns
// requests into rows of the ACM tables and rows into answers. zz_wire.go is
// generated.
package acmapi
