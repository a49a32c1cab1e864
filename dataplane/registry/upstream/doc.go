// Package upstream pulls manifests and blobs from other registries, for one that
// keeps what it was asked for. It has no credentials: what a registry gives to
// anybody is had.
package upstream
