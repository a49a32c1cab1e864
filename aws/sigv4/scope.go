package sigv4

import "strings"

const terminator = "aws4_request"

// CredentialScope is what a signing key is derived for.
type CredentialScope struct {
	// Date is the day, YYYYMMDD in UTC.
	Date string
	// Region is the region the request was addressed to.
	Region string
	// Service is the service's signing name, such as "ecs".
	Service string
}

// String returns the scope as it stands in the string to sign.
func (s CredentialScope) String() string {
	return strings.Join([]string{s.Date, s.Region, s.Service, terminator}, "/")
}

// parseCredential reads "<key>/<date>/<region>/<service>/aws4_request".
func parseCredential(s string) (key string, scope CredentialScope, err error) {
	p := strings.Split(s, "/")
	if len(p) != 5 || p[0] == "" {
		return "", scope, refuse(Incomplete,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", s)
	}
	scope = CredentialScope{Date: p[1], Region: p[2], Service: p[3]}
	switch {
	case p[4] != terminator:
		return "", scope, refuse(Scope, "Credential should be scoped with a valid terminator: '%s', not '%s'. ", terminator, p[4])
	case !isName(scope.Region):
		return "", scope, refuse(Scope, "Credential should be scoped to a valid region, not '%s'. ", scope.Region)
	case !isName(scope.Service):
		return "", scope, refuse(Scope, "Credential should be scoped to a valid service, not '%s'. ", scope.Service)
	}
	return p[0], scope, nil
}

// isName keeps regions and services to what may stand in an ARN: any region
// name works, but it becomes part of identifiers.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
