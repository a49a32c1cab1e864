// Package stsapi answers the AWS Security Token Service's API: so far who the
// caller is.
package stsapi
