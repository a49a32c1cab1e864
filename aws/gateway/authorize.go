package gateway

import (
	"context"

	"kaimon.dev/kaimon/aws"
)

// Authorizer decides what a caller may do.
type Authorizer interface {
	// Authorize returns nil when the caller may do the action ("ecs:RunTask")
	// with the decoded input, an *aws.Error otherwise.
	Authorize(ctx context.Context, caller aws.Caller, action string, input any) error
}

// AllowAll lets every caller do everything: right as long as the account's root
// user is the only principal there is.
type AllowAll struct{}

// Authorize implements Authorizer.
func (AllowAll) Authorize(context.Context, aws.Caller, string, any) error { return nil }
