package ecs

import "strings"

// maxStartedBy and maxGroup are the longest values (ECS API Reference,
// "RunTask"; Developer Guide, "Group Amazon ECS tasks").
const (
	maxStartedBy = 128
	maxGroup     = 255
	familyGroup  = "family:"
	serviceGroup = "service:"
)

// GroupOf returns the group of a task that asks for one, or for none. Groups of
// services are the platform's.
func GroupOf(asked, family string) (string, error) {
	switch {
	case asked == "":
		return familyGroup + family, nil
	case len(asked) > maxGroup || !only(asked, nameBytes+":./#"):
		return "", InvalidParameter("group must be at most %d letters, numbers and the characters -_:./#.", maxGroup)
	case strings.HasPrefix(asked, serviceGroup), strings.HasPrefix(asked, familyGroup) && asked != familyGroup+family:
		return "", InvalidParameter("Invalid namespace for group.")
	}
	return asked, nil
}

// CheckStartedBy refuses a startedBy that is too long.
func CheckStartedBy(s string) error {
	if len(s) > maxStartedBy {
		return InvalidParameter("Identifier for startedBy parameter must be %d characters or less.", maxStartedBy)
	}
	return nil
}
