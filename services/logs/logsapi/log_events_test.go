package logsapi

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/logline"
)

func messages(events []OutputLogEvent) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, *e.Message)
	}
	return out
}

// TestPages walks a stream both ways: each page once, then the same token for ever.
func TestPages(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	all := numbered(10)
	w.put("g", "s", all...)
	get := func(token *string, head bool) *GetLogEventsOutput {
		return must(w.GetLogEvents(w.ctx, &GetLogEventsInput{
			LogGroupName: p("g"), LogStreamName: p("s"), Limit: p(int32(3)), NextToken: token, StartFromHead: p(head),
		}))(t)
	}
	var forth, back []string
	out := get(nil, true)
	for len(out.Events) > 0 {
		forth = append(forth, messages(out.Events)...)
		out = get(out.NextForwardToken, false)
	}
	if again := get(out.NextForwardToken, false); *again.NextForwardToken != *out.NextForwardToken || len(again.Events) != 0 {
		t.Error("the token of the end isn't stable")
	}
	out = get(nil, false)
	for len(out.Events) > 0 {
		back = append(messages(out.Events), back...)
		out = get(out.NextBackwardToken, false)
	}
	if !slices.Equal(forth, all) || !slices.Equal(back, all) {
		t.Errorf("forth %v, back %v", forth, back)
	}
	// What comes later is behind the token that the end gave.
	end := get(nil, false).NextForwardToken
	w.clock.now = w.clock.now.Add(time.Second)
	w.put("g", "s", "later")
	if got := messages(get(end, false).Events); !slices.Equal(got, []string{"later"}) {
		t.Errorf("after the end: %v", got)
	}
}

func TestGetRange(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.stream("g", "empty")
	w.put("g", "s", "a", "b", "c")
	in := &GetLogEventsInput{LogGroupIdentifier: p("arn:aws:logs:eu-west-1:000000000000:log-group:g"), LogStreamName: p("s"),
		StartTime: p(w.at(time.Second)), EndTime: p(w.at(0))}
	if got := messages(must(w.GetLogEvents(w.ctx, in))(t).Events); !slices.Equal(got, []string{"b"}) {
		t.Errorf("got %v", got)
	}
	out := must(w.GetLogEvents(w.ctx, &GetLogEventsInput{LogGroupName: p("g"), LogStreamName: p("empty")}))(t)
	if len(out.Events) != 0 || out.NextForwardToken == nil {
		t.Errorf("an empty stream: %+v", out)
	}
	in.NextToken = p("f/1/s")
	_, err := w.GetLogEvents(w.ctx, in)
	refused(t, err, "InvalidParameterException", "nextToken")
	in.LogGroupName = p("g")
	_, err = w.GetLogEvents(w.ctx, in)
	refused(t, err, "InvalidParameterException", "Exactly one")
	_, err = w.GetLogEvents(w.ctx, &GetLogEventsInput{LogGroupName: p("g"), LogStreamName: p("none")})
	refused(t, err, "ResourceNotFoundException", "The specified log stream does not exist.")
}

func TestPutRefused(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	event := func(ago time.Duration, text string) InputLogEvent {
		return InputLogEvent{Timestamp: p(w.at(ago)), Message: &text}
	}
	big := strings.Repeat("x", 600<<10)
	for _, c := range []struct {
		events []InputLogEvent
		text   string
	}{
		{[]InputLogEvent{event(1, "a"), event(time.Second, "b")}, "chronological order"},
		{[]InputLogEvent{event(25*time.Hour, "a"), event(0, "b")}, "cannot span more than 24 hours"},
		{[]InputLogEvent{event(0, big), event(0, big)}, "Upload too large: 1228852 bytes exceeds limit of 1048576"},
		{[]InputLogEvent{event(0, big+big)}, "Log event too large: 1228826 bytes"},
	} {
		_, err := w.PutLogEvents(w.ctx, &PutLogEventsInput{LogGroupName: p("g"), LogStreamName: p("s"), LogEvents: c.events})
		refused(t, err, "InvalidParameterException", c.text)
	}
	_, err := w.PutLogEvents(w.ctx, &PutLogEventsInput{LogGroupName: p("no"), LogStreamName: p("s")})
	refused(t, err, "ResourceNotFoundException", "The specified log group does not exist.")
	if got := must(w.GetLogEvents(w.ctx, &GetLogEventsInput{LogGroupName: p("g"), LogStreamName: p("s")}))(t).Events; len(got) > 0 {
		t.Errorf("%d events of what was refused are kept", len(got))
	}
}

// TestPutMalformed: what the model forbids doesn't reach the handler.
func TestPutMalformed(t *testing.T) {
	s := Bind(&Handlers{})
	op, _ := s.Operation("PutLogEvents")
	good := InputLogEvent{Timestamp: p(int64(1)), Message: p("m")}
	for text, events := range map[string][]InputLogEvent{
		"at 'logEvents' failed to satisfy constraint: Member must not be null":                                        nil,
		"at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1":             {},
		"at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000":            slices.Repeat([]InputLogEvent{good}, 10001),
		"at 'logEvents.2.member.message' failed to satisfy constraint: Member must have length greater than or equal": {good, {Timestamp: p(int64(1)), Message: p("")}},
		"at 'logEvents.1.member.message' failed to satisfy constraint: Member must not be null":                       {{Timestamp: p(int64(1))}},
		"at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must not be null":                     {{Message: p("m")}},
		"at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must have value greater than or":      {{Timestamp: p(int64(-1)), Message: p("m")}},
	} {
		err := s.Validate(op, &PutLogEventsInput{LogGroupName: p("g"), LogStreamName: p("s"), LogEvents: events})
		refused(t, err, "InvalidParameterException", text)
	}
	if err := s.Validate(op, &PutLogEventsInput{LogGroupName: p("g"), LogStreamName: p("s"), LogEvents: []InputLogEvent{good}}); err != nil {
		t.Error(err)
	}
}

// TestRejected tells what of a batch wasn't taken.
func TestRejected(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	put := func(ago ...time.Duration) *PutLogEventsOutput {
		in := &PutLogEventsInput{LogGroupName: p("g"), LogStreamName: p("s"), Entity: nil}
		for _, a := range ago {
			in.LogEvents = append(in.LogEvents, InputLogEvent{Timestamp: p(w.at(a)), Message: p("m")})
		}
		return must(w.PutLogEvents(w.ctx, in))(t)
	}
	day := 24 * time.Hour
	out := put(-time.Hour, -time.Hour*2-1e6, -time.Hour*3)
	if r := out.RejectedLogEventsInfo; r == nil || *r.TooNewLogEventStartIndex != 1 || r.TooOldLogEventEndIndex != nil {
		t.Errorf("too new: %+v", r)
	}
	if r := put(14*day+time.Hour, 14*day-time.Hour).RejectedLogEventsInfo; r == nil || *r.TooOldLogEventEndIndex != 1 {
		t.Errorf("too old: %+v", r)
	}
	must(w.PutRetentionPolicy(w.ctx, &PutRetentionPolicyInput{LogGroupName: p("g"), RetentionInDays: p(int32(1))}))(t)
	if r := put(day+time.Hour, day-time.Hour).RejectedLogEventsInfo; r == nil || *r.ExpiredLogEventEndIndex != 1 {
		t.Errorf("expired: %+v", r)
	}
	// Expired events aren't shown, also before they are deleted.
	events := must(w.GetLogEvents(w.ctx, &GetLogEventsInput{LogGroupName: p("g"), LogStreamName: p("s")}))(t).Events
	if len(events) != 2 {
		t.Errorf("%d events left", len(events))
	}
}

// TestFilter goes through several streams, in order of time, page by page.
func TestFilter(t *testing.T) {
	w := newWorld(t)
	for _, s := range []string{"a/1", "a/2", "b"} {
		w.stream("g", s)
	}
	w.put("g", "a/1", "ERROR 1", "fine", "ERROR 3")
	w.put("g", "b", "ERROR b")
	w.clock.now = w.clock.now.Add(-1500 * time.Millisecond)
	w.put("g", "a/2", "ERROR 2")
	w.clock.now = w.clock.now.Add(1500 * time.Millisecond)
	filter := func(in FilterLogEventsInput) (got []string) {
		in.LogGroupName, in.Limit = p("g"), p(int32(1))
		for {
			out := must(w.FilterLogEvents(w.ctx, &in))(t)
			for _, e := range out.Events {
				got = append(got, *e.LogStreamName+": "+*e.Message)
				if len(*e.EventId) != 56 {
					t.Errorf("event ID %s", *e.EventId)
				}
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return got
			}
		}
	}
	if got := filter(FilterLogEventsInput{FilterPattern: p("ERROR"), LogStreamNamePrefix: p("a/")}); !slices.Equal(got, []string{"a/1: ERROR 1", "a/2: ERROR 2", "a/1: ERROR 3"}) {
		t.Errorf("got %q", got)
	}
	if got := filter(FilterLogEventsInput{LogStreamNames: []string{"b", "b"}}); !slices.Equal(got, []string{"b: ERROR b"}) {
		t.Errorf("got %q", got)
	}
	if got := filter(FilterLogEventsInput{EndTime: p(w.at(2 * time.Second))}); !slices.Equal(got, []string{"a/1: ERROR 1"}) {
		t.Errorf("up to the end: %q", got)
	}
	_, err := w.FilterLogEvents(w.ctx, &FilterLogEventsInput{LogGroupName: p("g"), FilterPattern: p("{")})
	refused(t, err, "InvalidParameterException", "Invalid filter pattern")
	_, err = w.FilterLogEvents(w.ctx, &FilterLogEventsInput{LogGroupName: p("g"), NextToken: p("x")})
	refused(t, err, "InvalidParameterException", "nextToken")
	_, err = w.FilterLogEvents(w.ctx, &FilterLogEventsInput{LogGroupName: p("g"), LogStreamNames: []string{"b"}, LogStreamNamePrefix: p("b")})
	refused(t, err, "InvalidParameterException", "both")
}

func TestTestMetricFilter(t *testing.T) {
	w := newWorld(t)
	out := must(w.TestMetricFilter(w.ctx, &TestMetricFilterInput{FilterPattern: p("[level=ERROR, code]"), LogEventMessages: []string{"INFO 1", "ERROR 2"}}))(t)
	if len(out.Matches) != 1 || *out.Matches[0].EventNumber != 2 || out.Matches[0].ExtractedValues["$code"] != "2" {
		t.Errorf("got %+v", out.Matches)
	}
}

func FuzzToken(f *testing.F) {
	f.Add(*token(forward, logline.Position{Time: 1, Stream: 2, Seq: 3}))
	f.Add("b/")
	f.Fuzz(func(t *testing.T, text string) {
		if kind, at, ok := parseToken(text); ok {
			if k, again, ok := parseToken(*token(kind, at)); !ok || k != kind || again != at {
				t.Errorf("%s: %v, then %v", text, at, again)
			}
		}
	})
}
