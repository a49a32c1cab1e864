package logs

import "kaimon.dev/kaimon/internal/lazyregexp"

const maxStreamName = 512

var groupName = lazyregexp.New(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// CheckGroupName refuses what can't be a group's name (API Reference, "CreateLogGroup").
func CheckGroupName(name string) error {
	if !groupName.MatchString(name) {
		return InvalidParameter("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	}
	return nil
}
