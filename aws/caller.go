package aws

import "context"

// Caller is who signed a request, and where it was addressed.
type Caller struct {
	// Account is the 12-digit account ID.
	Account string
	// Region is the region of the request's credential scope.
	Region string
	// ARN and UserID identify the principal as STS GetCallerIdentity shows them.
	ARN    string
	UserID string
	// AccessKeyID is the key that signed the request.
	AccessKeyID string
	// RequestID is the x-amzn-RequestId of the answer.
	RequestID string
}

// Scope is where a resource lives: each (account, region) is a world of its own.
type Scope struct {
	Account string
	Region  string
}

// Scope returns the account and region that the call is for.
func (c Caller) Scope() Scope { return Scope{Account: c.Account, Region: c.Region} }

type callerKey struct{}

// WithCaller returns a context that carries the caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns the caller that the gateway put into the context. It
// panics outside a request: a handler without a caller is a programming error.
func CallerFrom(ctx context.Context) Caller {
	return ctx.Value(callerKey{}).(Caller)
}

// FindCaller returns the caller of a context that may be nobody's.
func FindCaller(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
