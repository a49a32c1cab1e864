// Package model reads AWS's machine-readable service models as botocore ships
// them (service-2.json, Apache-2.0) and writes the trimmed form that is kept in
// aws/wire/models: the same document without documentation, limited to the
// operations that Kaimon lists.
package model
