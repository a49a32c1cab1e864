// Package ocispec turns one container of a runtime.Spec and its image's
// configuration into an OCI runtime spec. It is a pure function: what has to be
// looked up (the user's number, the paths of the task's files, the host's
// limits) is part of its input.
package ocispec
