// Package registry speaks the OCI Distribution protocol (version 1.1) under
// /v2/: pushes and pulls of docker, skopeo, crane and containerd. Its bytes lie
// in a containerd content store, so that what was pushed is what containers are
// started from; what exists and who may use it is asked of a Directory.
package registry
