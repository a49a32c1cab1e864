package logs

import "regexp"

const maxStreamName = 512

var groupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// CheckGroupName refuses what can't be a group's name (API Reference, "CreateLogGroup").
func CheckGroupName(name string) error {
	if !groupName.MatchString(name) {
		return InvalidParameter("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	}
	return nil
}
