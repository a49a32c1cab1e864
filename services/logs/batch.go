package logs

import (
	"time"

	"kaimon.dev/kaimon/internal/logline"
)

// The limits of PutLogEvents (API Reference, "PutLogEvents"): a batch's size
// counts eventOverhead bytes for each event on top of its text.
const (
	maxBatch      = 1 << 20
	eventOverhead = 26
	tooNew        = 2 * time.Hour
	tooOld        = 14 * day
)

// Rejected tells which events of a batch were left out; nil indexes for none.
type Rejected struct {
	// TooNewFrom is the first event that is too far in the future.
	TooNewFrom *int
	// TooOldTo and ExpiredTo are one behind the last event that is too old, or
	// older than the group's retention.
	TooOldTo, ExpiredTo *int
}

// Any says whether anything was left out.
func (r Rejected) Any() bool { return r.TooNewFrom != nil || r.TooOldTo != nil || r.ExpiredTo != nil }

// CheckBatch refuses a batch that breaks the rules, and returns what of it may
// be kept by a group at a time.
func CheckBatch(g *Group, events []logline.Event, now time.Time) ([]logline.Event, Rejected, error) {
	size := 0
	for i, e := range events {
		n := len(e.Message) + eventOverhead
		if n > maxBatch {
			return nil, Rejected{}, InvalidParameter("Log event too large: %d bytes exceeds limit of %d", n, maxBatch)
		}
		size += n
		if i > 0 && e.Time < events[i-1].Time {
			return nil, Rejected{}, InvalidParameter("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if size > maxBatch {
		return nil, Rejected{}, InvalidParameter("Upload too large: %d bytes exceeds limit of %d", size, maxBatch)
	}
	if n := len(events); n > 0 && events[n-1].Time-events[0].Time > day.Milliseconds() {
		return nil, Rejected{}, InvalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	kept, rejected := sieve(events, now.Add(tooNew).UnixMilli(), now.Add(-tooOld).UnixMilli(), g.Horizon(now))
	return kept, rejected, nil
}

// sieve cuts a sorted batch to what lies within the bounds.
func sieve(events []logline.Event, newest, oldest, horizon int64) ([]logline.Event, Rejected) {
	var r Rejected
	first, last := 0, len(events)
	for i, e := range events {
		switch {
		case e.Time < horizon:
			r.ExpiredTo, first = index(i+1), i+1
		case e.Time < oldest:
			r.TooOldTo, first = index(i+1), i+1
		case e.Time > newest && r.TooNewFrom == nil:
			r.TooNewFrom, last = index(i), i
		}
	}
	return events[first:last], r
}

func index(i int) *int { return &i }
