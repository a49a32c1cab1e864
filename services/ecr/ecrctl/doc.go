// Package ecrctl joins the ECR tables with the registry and the runtime: it
// tells the registry (dataplane/registry) who may push and pull what, and the
// runtime where images of task definitions are; it unpacks what was pushed and
// frees what nothing needs.
package ecrctl
