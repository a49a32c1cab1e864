package logs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var dated = regexp.MustCompile(`^\[\d+\]`)

func texts(lines [][]byte) []string {
	var out []string
	for _, l := range lines {
		out = append(out, string(l))
	}
	return out
}

func TestJoined(t *testing.T) {
	for _, c := range []struct {
		name, text string
		flush, end bool
		want       []string
		left       string
	}{
		{"two events", "[1] a\n  at b\n[2] c\n", false, false, []string{"[1] a\n  at b"}, "[2] c\n"},
		{"flushed", "[1] a\n  at b\n[2] c\n", true, false, []string{"[1] a\n  at b", "[2] c"}, ""},
		{"flushed, but for half a line", "[1] a\n  at", true, false, []string{"[1] a"}, "  at"},
		{"the end", "[1] a\n  at", false, true, []string{"[1] a\n  at"}, ""},
		{"before the first", "x\ny\n[1] a\n", false, false, []string{"x\ny"}, "[1] a\n"},
		{"empty lines inside", "[1] a\n\nb\n\n[2]", false, true, []string{"[1] a\n\nb", "[2]"}, ""},
		{"nothing but line feeds", "\n\n", true, false, nil, ""},
		{"nothing", "", true, true, nil, ""},
	} {
		got, n := joined([]byte(c.text), dated, c.flush, c.end)
		if !slices.Equal(texts(got), c.want) || c.text[n:] != c.left {
			t.Errorf("%s: %q, left %q", c.name, texts(got), c.text[n:])
		}
	}
}

// TestJoinedIsBounded holds that an event that grows too long is cut between lines.
func TestJoinedIsBounded(t *testing.T) {
	line := strings.Repeat("x", 1000) + "\n"
	got, n := joined([]byte("[1]\n"+strings.Repeat(line, 400)), dated, false, true)
	if n != 4+400*1001 || len(got) != 2 || len(got[0]) > maxLine || len(got[0]) < maxLine-1001 {
		t.Errorf("%d events of %d bytes", len(got), n)
	}
}

// TestJoinedLosesNothing holds that however output comes in pieces, the events
// are those of the whole.
func TestJoinedLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"[1] a\n", "b\n", "\n", "[2]", " c"})).Draw(t, "text"), "")
		want, _ := joined([]byte(text), dated, false, true)
		var got [][]byte
		rest := text
		for len(rest) > 0 {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			events, consumed := joined([]byte(rest[:n]), dated, false, n == len(rest))
			got = append(got, events...)
			if rest = rest[consumed:]; consumed == 0 && n == len(text) {
				break
			}
		}
		if !slices.Equal(texts(got), texts(want)) {
			t.Fatalf("got %q, want %q", texts(got), texts(want))
		}
	})
}

// TestMultiline delivers events of several lines: the last once it is complete,
// or after a while, and over a change of servers.
func TestMultiline(t *testing.T) {
	r := newRig(t)
	r.begins = dated
	r.patience = 20 * time.Millisecond
	d := r.deliver()
	w := r.writer()
	fmt.Fprint(w, "[1] one\n  more\n[2] two\n")
	r.await("[1] one\n  more", "[2] two")
	fmt.Fprint(w, "[3] three\n")
	d.Detach()
	fmt.Fprint(w, "  of the next server\n[4] four")
	d = r.deliver()
	w.Close()
	if err := d.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(r.store.got(), "|")
	// The third event may have been delivered before its second line came.
	if want := "[1] one\n  more|[2] two|[3] three\n  of the next server|[4] four"; got != want && got != strings.Replace(want, "\n  of", "|  of", 1) {
		t.Errorf("got %q", got)
	}
}

// await waits until the store has these lines.
func (r *rig) await(want ...string) {
	r.t.Helper()
	for range 1000 {
		if slices.Equal(r.store.got(), want) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.t.Fatalf("got %q, want %q", r.store.got(), want)
}

func FuzzJoined(f *testing.F) {
	f.Add([]byte("[1] a\nb\n[2]"), true, false)
	f.Fuzz(func(t *testing.T, text []byte, flush, end bool) {
		_, n := joined(text, dated, flush, end)
		if n > len(text) || end && n < len(text) {
			t.Errorf("consumed %d of %d", n, len(text))
		}
	})
}
