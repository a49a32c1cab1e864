package logs

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/store"
)

var home = aws.Scope{Account: "000000000000", Region: "eu-west-1"}

func TestEnsureStream(t *testing.T) {
	db := store.OpenMemory(Tables()...)
	defer db.Close()
	for _, c := range []struct {
		w    Wanted
		code string
	}{
		{Wanted{Group: "g", Stream: "s"}, "ResourceNotFoundException"},
		{Wanted{Group: "g", Stream: "a:b", CreateGroup: true}, "InvalidParameterException"},
		{Wanted{Group: "g", Stream: strings.Repeat("x", 513), CreateGroup: true}, "InvalidParameterException"},
		{Wanted{Group: "no spaces", Stream: "s", CreateGroup: true}, "InvalidParameterException"},
		{Wanted{Group: "g", Stream: "s", CreateGroup: true, GroupID: 1, StreamID: 2}, ""},
		{Wanted{Group: "g", Stream: "s", StreamID: 3}, ""},
	} {
		c.w.Scope = home
		err := db.Update(t.Context(), func(tx *store.Txn) error { return EnsureStream(tx, c.w) })
		e, refused := aws.AsError(err)
		if refused != (c.code != "") || refused && e.Code != c.code {
			t.Errorf("%+v: %v", c.w, err)
		}
	}
	if st, ok := Streams.Get(db.Snapshot(), StreamARN(home, "g", "s")); !ok || st.ID != (logline.Stream{Group: 1, ID: 2}) {
		t.Errorf("the stream was made again: %+v", st)
	}
}

func TestParseGroup(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"/app", "/app"},
		{"arn:aws:logs:eu-west-1:000000000000:log-group:/app", "/app"},
		{"arn:aws:logs:eu-west-1:000000000000:log-group:/app:*", "/app"},
		{"arn:aws:logs:us-east-1:000000000000:log-group:/app", ""},
		{"arn:aws:logs:eu-west-1:000000000000:log-group:", ""},
	} {
		if got, err := ParseGroup(home, c.in); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: %q, %v", c.in, got, err)
		}
	}
}

// TestSieve keeps exactly what lies within the bounds, and says where the rest was.
func TestSieve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []logline.Event
		at := int64(0)
		for _, d := range rapid.SliceOfN(rapid.Int64Range(0, 5), 0, 20).Draw(t, "gaps") {
			at += d
			events = append(events, logline.Event{Time: at})
		}
		horizon := rapid.Int64Range(0, 20).Draw(t, "horizon")
		oldest, newest := rapid.Int64Range(0, 20).Draw(t, "oldest"), rapid.Int64Range(20, 60).Draw(t, "newest")
		kept, r := sieve(events, newest, oldest, horizon)
		want := 0
		for _, e := range events {
			if e.Time >= max(oldest, horizon) && e.Time <= newest {
				want++
			}
		}
		if len(kept) != want || r.Any() != (want < len(events)) {
			t.Fatalf("kept %d of %d, want %d; %+v", len(kept), len(events), want, r)
		}
		if r.TooNewFrom != nil && events[*r.TooNewFrom].Time <= newest {
			t.Fatal("not too new")
		}
	})
}

func TestHorizon(t *testing.T) {
	now := time.UnixMilli(10 * day.Milliseconds())
	if got := (&Group{}).Horizon(now); got != 0 {
		t.Errorf("for ever: %d", got)
	}
	if got := (&Group{RetentionDays: 3}).Horizon(now); got != 7*day.Milliseconds() {
		t.Errorf("three days: %d", got)
	}
}
