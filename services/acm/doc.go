// Package acm holds the nouns and rules of AWS Certificate Manager:
// certificates that were imported, or issued by an authority of this
// installation. It does no I/O.
package acm
