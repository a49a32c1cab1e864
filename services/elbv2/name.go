package elbv2

import (
	"strings"

	"kaimon.dev/kaimon/internal/lazyregexp"
)

var nameText = lazyregexp.New(`^[A-Za-z0-9-]+$`)

// CheckName says what is wrong with the name of a load balancer or target
// group; what is such as "load balancer".
func CheckName(what, name string) error {
	switch {
	case len(name) > 32:
		return errValidation("%s name '%s' cannot be longer than '32' characters", title(what), name)
	case !nameText.MatchString(name):
		return errValidation("%s name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", title(what), name)
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-"):
		return errValidation("%s name '%s' cannot begin or end with '-'", title(what), name)
	case what == "load balancer" && strings.HasPrefix(name, "internal-"):
		return errValidation("%s name '%s' cannot begin with 'internal-'", title(what), name)
	}
	return nil
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
