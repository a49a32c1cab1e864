package ecsapi

import (
	"context"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// Options are what the handlers work with; all but Architecture are needed.
type Options struct {
	Store *store.Store
	Clock clock.Clock
	// Hex makes IDs: n random bytes as 2n hexadecimal digits, as clock.Hex does.
	Hex func(n int) string
	// Architecture is the processor that tasks can run on, in ECS's words:
	// X86_64 or ARM64; "" takes definitions of both.
	Architecture string
	// Alarms says that ecsctl can look at CloudWatch alarms.
	Alarms bool
}

// Handlers implements API.
type Handlers struct{ Options }

// New returns the handlers of the service.
func New(o Options) *Handlers { return &Handlers{o} }

// scope returns the account and region that a request is for.
func scope(ctx context.Context) aws.Scope { return aws.CallerFrom(ctx).Scope() }

// moment returns nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// optionalInt takes a number over from the wire, nil as nil.
func optionalInt(p *int32) *int {
	if p == nil {
		return nil
	}
	n := int(*p)
	return &n
}

// wireInt is the way back of optionalInt.
func wireInt(p *int) *int32 {
	if p == nil {
		return nil
	}
	n := int32(*p)
	return &n
}

// each converts a list; nil stays nil.
func each[A, B any](in []A, convert func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = convert(v)
	}
	return out
}

// listed is each for lists that AWS answers even when they are empty.
func listed[A, B any](in []A, convert func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = convert(v)
	}
	return out
}

// missing is the failure of a resource that isn't there.
func missing(arn string) Failure {
	reason := "MISSING"
	return Failure{Arn: &arn, Reason: &reason}
}

// keyValue turns a pair into the wire's.
func keyValue(kv ecs.KeyValue) KeyValuePair { return KeyValuePair{Name: &kv.Name, Value: &kv.Value} }
