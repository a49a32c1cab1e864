package ecs

import (
	"strings"

	"kaimon.dev/kaimon/aws"
)

// AccountSetting is one setting that was put, for a principal or as the
// account's default (Developer Guide, "Access Amazon ECS features with account settings").
type AccountSetting struct {
	Scope aws.Scope
	// Principal is the ARN of a user or role, "" for the account's default.
	Principal string
	Name      string
	Value     string
}

// ID returns the row's key.
func (s *AccountSetting) ID() string {
	return strings.Join([]string{s.Scope.Account, s.Scope.Region, s.Name, s.Principal}, "/")
}
