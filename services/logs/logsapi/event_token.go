package logsapi

import (
	"fmt"
	"strconv"

	"kaimon.dev/kaimon/internal/logline"
)

// The digits of an event's ID, 56 in all as at AWS: time, stream, sequence.
const (
	timeDigits   = 14
	streamDigits = 20
	idDigits     = 56
)

// eventID names an event among those of all groups' streams.
func eventID(p logline.Position) string {
	return fmt.Sprintf("%0*d%0*d%0*d", timeDigits, p.Time, streamDigits, p.Stream, idDigits-timeDigits-streamDigits, p.Seq)
}

// parseID is eventID's inverse.
func parseID(id string) (p logline.Position, ok bool) {
	if len(id) != idDigits {
		return p, false
	}
	t, err1 := strconv.ParseUint(id[:timeDigits], 10, 63)
	stream, err2 := strconv.ParseUint(id[timeDigits:timeDigits+streamDigits], 10, 64)
	seq, err3 := strconv.ParseUint(id[timeDigits+streamDigits:], 10, 64)
	return logline.Position{Time: int64(t), Stream: stream, Seq: seq}, err1 == nil && err2 == nil && err3 == nil
}

// The two kinds of GetLogEvents' tokens: what lies behind an event, and before it.
const (
	forward  = "f/"
	backward = "b/"
)

// token names an event as the edge of a page.
func token(kind string, p logline.Position) *string {
	t := kind + eventID(p) + "/s"
	return &t
}

// parseToken reads a token of GetLogEvents.
func parseToken(t string) (kind string, p logline.Position, ok bool) {
	if len(t) != len(forward)+idDigits+2 || t[len(t)-2:] != "/s" {
		return "", p, false
	}
	kind = t[:2]
	p, ok = parseID(t[2 : len(t)-2])
	return kind, p, ok && (kind == forward || kind == backward)
}
