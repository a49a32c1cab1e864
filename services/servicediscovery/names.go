package servicediscovery

import (
	"strings"

	"kaimon.dev/kaimon/internal/lazyregexp"
)

// The model's patterns for names, without what RE2 lacks (API Reference,
// CreateHttpNamespace, CreatePrivateDnsNamespace, CreateService).
var (
	visible     = lazyregexp.New(`^[!-~]+$`)
	serviceName = lazyregexp.New(`^([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]|[a-zA-Z0-9])(\.([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]|[a-zA-Z0-9]))*$`)
)

// CheckNamespaceName says what is wrong with a new namespace's name.
func CheckNamespaceName(name string) error {
	if !visible.MatchString(name) || strings.HasPrefix(name, "arn:") {
		return ErrInvalidInput("Invalid namespace name: %s", name)
	}
	return nil
}

// CheckServiceName says what is wrong with a new service's name.
func CheckServiceName(name string) error {
	if name != "." && (len(name) > 127 || !serviceName.MatchString(name)) {
		return ErrInvalidInput("Invalid service name: %s", name)
	}
	return nil
}
