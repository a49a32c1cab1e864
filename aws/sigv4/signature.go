package sigv4

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	algorithm   = "AWS4-HMAC-SHA256"
	basicFormat = "20060102T150405Z"
)

// Signature is what a request claims: nothing in it is to be believed before
// Verify has succeeded.
type Signature struct {
	// AccessKeyID names the key that the request says it was signed with.
	AccessKeyID string
	// Scope is the day, region and service of the signing key.
	Scope CredentialScope
	// Time is when the request was signed, in UTC, to the second.
	Time time.Time
	// SessionToken is the X-Amz-Security-Token, "" for a long-lived key.
	SessionToken string
	// Presigned is set for the query form.
	Presigned bool
	// Expires is how long a presigned request is valid, 0 when it does not say.
	Expires time.Duration
	// SignedHeaders are the names of the signed headers, as the request lists them.
	SignedHeaders []string

	value string // 64 hex digits when genuine
	query url.Values
}

// Parse finds the signature of a request, in its Authorization header or its
// query. Its errors are *Error of kind Missing, Incomplete or Scope.
func Parse(r *http.Request) (*Signature, error) {
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	auth := r.Header.Values("Authorization")
	presigned := query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Signature")
	var s *Signature
	switch {
	case len(auth) > 0 && presigned:
		return nil, refuse(Scope, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case presigned:
		s, err = parsePresigned(query)
	case len(auth) == 1 && strings.HasPrefix(auth[0], "AWS4-"):
		s, err = parseHeader(auth[0], r.Header)
	default:
		return nil, refuse(Missing, "Request is missing Authentication Token")
	}
	if err != nil {
		return nil, err
	}
	s.query = query
	return s, s.check()
}

// check holds the rules that both forms share and that need no key.
func (s *Signature) check() error {
	if day := s.Time.Format("20060102"); day != s.Scope.Date {
		return refuse(Scope, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			s.Scope.Date, day, s.Time.Format(basicFormat))
	}
	for _, h := range s.SignedHeaders {
		if strings.EqualFold(h, "host") {
			return nil
		}
	}
	return refuse(Scope, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
}

// parseTime reads X-Amz-Date, or a Date header in either of its two forms.
func parseTime(s string, httpDate bool) (time.Time, error) {
	if t, err := time.Parse(basicFormat, s); err == nil {
		return t, nil
	}
	if httpDate {
		if t, err := http.ParseTime(s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, refuse(Incomplete,
		"Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", s)
}
