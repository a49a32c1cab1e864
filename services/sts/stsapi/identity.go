package stsapi

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
)

// Handler implements API. It needs nothing but the caller in the context.
type Handler struct{}

// GetCallerIdentity tells who signed the request. It needs no permission (STS
// API Reference, "GetCallerIdentity").
func (Handler) GetCallerIdentity(ctx context.Context, _ *GetCallerIdentityInput) (*GetCallerIdentityOutput, error) {
	c := aws.CallerFrom(ctx)
	return &GetCallerIdentityOutput{
		UserId:  wire.Ptr(c.UserID),
		Account: wire.Ptr(c.Account),
		Arn:     wire.Ptr(c.ARN),
	}, nil
}
