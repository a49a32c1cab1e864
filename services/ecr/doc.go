// Package ecr holds the nouns and rules of Amazon Elastic Container Registry:
// repositories, the images and layers in them, and the tokens that open the
// registry. It does no I/O: ecrapi speaks the wire, ecrctl offers the tables to
// the registry (dataplane/registry) and frees what nothing needs.
package ecr
