package acm

import (
	"slices"

	"kaimon.dev/kaimon/internal/lazyregexp"
)

// domainName is the model's pattern, which has look-aheads that Go lacks; a
// name ends in no label of one letter.
var domainName = lazyregexp.New(`^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$`)

// maxNames is how many names a certificate may be for by default (ACM User
// Guide, "Quotas").
const maxNames = 10

// Names are a requested certificate's names: the domain first, each once.
func Names(domain string, alternatives []string) ([]string, error) {
	var out []string
	for _, name := range append([]string{domain}, alternatives...) {
		if !domainName.MatchString(name) || len(name) > 253 {
			return nil, ErrValidation("The domain name '%s' is not valid.", name)
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if len(out) > maxNames {
		return nil, ErrInvalidParameter("A certificate can have at most %d names.", maxNames)
	}
	return out, nil
}

// NewARN names a certificate; the ID is a UUID.
func NewARN(c *Certificate, id string) string { return c.Scope.ARN("acm", "certificate/"+id).String() }
