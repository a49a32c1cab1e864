package logs

import (
	"context"

	"kaimon.dev/kaimon/internal/logline"
)

// Engine keeps events. dataplane/logstore is one.
type Engine interface {
	// Append adds events to a stream, in order of time, and moves the mark; both
	// are durable, and visible to readers, when it returns.
	Append(to logline.Stream, events []logline.Event, mark logline.Mark) error
	// ReadStream visits a stream's events in order of time, or the other way
	// round, until visit returns false.
	ReadStream(ctx context.Context, s logline.Stream, r logline.Range, reverse bool, visit func(logline.Event) bool) error
	// ReadGroup visits the events of several streams of a group in order of position.
	ReadGroup(ctx context.Context, s []logline.Stream, r logline.Range, visit func(logline.Stream, logline.Event) bool) error
	// DeleteGroup, DeleteStream and Expire delete events: all of a group, all of
	// a stream, those of a stream from before a time.
	DeleteGroup(group uint64) error
	DeleteStream(s logline.Stream) error
	Expire(s logline.Stream, before int64) error
	// Size estimates the bytes that a group takes up.
	Size(group uint64) (int64, error)
	// Mark returns how much of a source has been taken; Forget drops that.
	Mark(source string) (int64, error)
	Forget(source string) error
}
