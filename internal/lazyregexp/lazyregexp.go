// Package lazyregexp compiles regular expressions when they are first used. The
// program is also the shim that starts before each container: what it compiles
// at its start, every start of a task waits and pays memory for.
package lazyregexp

import (
	"regexp"
	"sync"
	"testing"
)

// Regexp is a regular expression that is compiled at its first use.
type Regexp struct{ compiled func() *regexp.Regexp }

// New returns the regular expression of a text, which must be valid. Tests
// compile it at once, so that a faulty one doesn't wait for its first use.
func New(text string) *Regexp {
	r := &Regexp{compiled: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
	if testing.Testing() {
		r.compiled()
	}
	return r
}

// MatchString says whether s contains a match.
func (r *Regexp) MatchString(s string) bool { return r.compiled().MatchString(s) }

// FindStringSubmatch returns the leftmost match and its groups, nil without one.
func (r *Regexp) FindStringSubmatch(s string) []string { return r.compiled().FindStringSubmatch(s) }
