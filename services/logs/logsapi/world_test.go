package logsapi

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// still is a clock that a test sets.
type still struct{ now time.Time }

func (c *still) Now() time.Time { return c.now }

// world is the handlers over a store and an engine of their own.
type world struct {
	*Handlers
	t     testing.TB
	ctx   context.Context
	clock *still
}

func newWorld(t testing.TB) *world {
	t.Helper()
	engine, err := logstore.Open(logstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := store.OpenMemory(logs.Tables()...)
	t.Cleanup(func() { engine.Close(); db.Close() })
	c := &still{time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)}
	return &world{
		Handlers: &Handlers{Store: db, Engine: engine, Clock: c, Hex: clock.Hex}, t: t, clock: c,
		ctx: aws.WithCaller(t.Context(), aws.Caller{Account: "000000000000", Region: "eu-west-1"}),
	}
}

// must takes an answer and fails the test on an error.
func must[T any](out T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused fails the test unless the error has the code and, within its message, the text.
func refused(t testing.TB, err error, code, text string) {
	t.Helper()
	e, ok := aws.AsError(err)
	if !ok || e.Code != code || !strings.Contains(e.Message, text) {
		t.Errorf("got error %v, want %s: …%s…", err, code, text)
	}
}

func p[T any](v T) *T { return &v }

// stream makes a group, unless it is there, and a stream.
func (w *world) stream(group, name string) {
	w.t.Helper()
	_, _ = w.CreateLogGroup(w.ctx, &CreateLogGroupInput{LogGroupName: &group})
	must(w.CreateLogStream(w.ctx, &CreateLogStreamInput{LogGroupName: &group, LogStreamName: &name}))(w.t)
}

// at is a time, in milliseconds, before now.
func (w *world) at(ago time.Duration) int64 { return w.clock.now.Add(-ago).UnixMilli() }

// put adds messages, one a second, the last of them now.
func (w *world) put(group, stream string, messages ...string) *PutLogEventsOutput {
	w.t.Helper()
	in := &PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream}
	for i, m := range messages {
		in.LogEvents = append(in.LogEvents, InputLogEvent{Timestamp: p(w.at(time.Duration(len(messages)-1-i) * time.Second)), Message: &m})
	}
	return must(w.PutLogEvents(w.ctx, in))(w.t)
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("m", i)
	}
	return out
}
