// Package servicediscoveryapi answers the AWS Cloud Map API (JSON 1.1): it turns
// requests into rows of the Cloud Map tables and rows into answers.
// zz_wire.go is generated.
package servicediscoveryapi
