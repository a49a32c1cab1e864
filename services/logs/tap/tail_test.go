package tap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/logline"
)

func TestTail(t *testing.T) {
	tails := NewTails()
	errors := tails.Open(3, func(s logline.Stream, e logline.Event) bool {
		return s == to && strings.HasPrefix(string(e.Message), "ERROR")
	})
	all := tails.Open(100, func(logline.Stream, logline.Event) bool { return true })
	text := func(tail *Tail) (string, bool) {
		events, sampled := tail.Collect()
		var out []string
		for _, s := range events {
			out = append(out, fmt.Sprintf("%d:%s", s.Stream.ID, s.Event.Message))
		}
		return strings.Join(out, " "), sampled
	}
	message := []byte("ERROR1")
	tails.Taken(to, []logline.Event{{Message: message}, event(0, "fine")})
	message[0] = 'x' // the writer's buffer is the writer's
	tails.Taken(logline.Stream{Group: 9, ID: 2}, []logline.Event{event(0, "ERROR2")})
	if got, sampled := text(errors); got != "1:ERROR1" || sampled {
		t.Errorf("got %q, sampled %v", got, sampled)
	}
	if got, _ := text(all); got != "1:ERROR1 1:fine 2:ERROR2" {
		t.Errorf("got %q", got)
	}
	for i := range 5 {
		tails.Taken(to, []logline.Event{event(time.Duration(i), fmt.Sprint("ERROR", i))})
	}
	if got, sampled := text(errors); got != "1:ERROR0 1:ERROR1 1:ERROR2" || !sampled {
		t.Errorf("too many: %q, sampled %v", got, sampled)
	}
	if got, sampled := text(errors); got != "" || sampled {
		t.Errorf("nothing new: %q, sampled %v", got, sampled)
	}
	tails.Close(errors)
	tails.Taken(to, []logline.Event{event(0, "ERROR")})
	if got, _ := text(errors); got != "" {
		t.Errorf("closed: %q", got)
	}
}
