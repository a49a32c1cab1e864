package acm

import (
	"iter"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Types of certificates.
const (
	Imported = "IMPORTED"
	Issued   = "AMAZON_ISSUED"
)

// Certificate is a certificate with its key. Sole writer: acmapi; acmctl renews
// those that are issued.
type Certificate struct {
	ARN   string
	Scope aws.Scope
	// Type is Imported or Issued.
	Type   string
	Domain string
	// Names are all that the certificate is for, Domain too.
	Names []string
	// Body and Chain (what signed it, "" for none) are PEM.
	Body  string
	Chain string
	// SealedKey is the private key, which PrivateKey opens.
	SealedKey []byte
	// ValidationMethod is what a request asked for; "" when imported.
	ValidationMethod string
	// Token is the request's idempotency token, "" for none.
	Token     string
	CreatedAt time.Time
	// RenewedAt is when a certificate of ours was last issued anew, zero for never.
	RenewedAt time.Time
	Tags      map[string]string
}

// Tables lists every table of the service, for opening a store.
func Tables() []store.AnyTable { return []store.AnyTable{Certificates, Authorities} }

const byScope = "scope"

// Certificates holds every certificate by ARN.
var Certificates = store.NewTable("acm.certificates", func(c *Certificate) string { return c.ARN },
	store.Index[Certificate]{Name: byScope, Keys: func(c *Certificate) []string { return []string{scopeKey(c.Scope)} }})

func scopeKey(s aws.Scope) string { return s.Account + "/" + s.Region }

// Find returns a certificate of the scope.
func Find(r store.Reader, s aws.Scope, arn string) (*Certificate, error) {
	if c, ok := Certificates.Get(r, arn); ok && c.Scope == s {
		return c, nil
	}
	return nil, ErrNotFound(s, arn)
}

// In iterates over a scope's certificates in order of ARN.
func In(r store.Reader, s aws.Scope) iter.Seq[*Certificate] {
	return Certificates.By(r, byScope, scopeKey(s))
}
