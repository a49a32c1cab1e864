package logs

import (
	"bytes"
	"regexp"
	"time"
	"unicode/utf8"
)

// multilinePatience is how long an event of several lines is kept open for more
// of them (Docker's awslogs driver: 5 s).
const multilinePatience = 5 * time.Second

// joined cuts a text into events of several lines: a line that begins matches
// starts one, and those behind it belong to it. What lies before the first such
// line is an event too. The last event is not finished, and left for later,
// unless flush says that its time has come; a last line without its line feed is
// left in any case but at the end of the output.
func joined(text []byte, begins *regexp.Regexp, flush, end bool) (out [][]byte, consumed int) {
	from, to := 0, 0 // the event that is open
	closes := func() {
		if event := bytes.TrimRight(text[from:to], "\n"); len(event) > 0 {
			out = append(out, bytes.ToValidUTF8(event, []byte(string(utf8.RuneError))))
		}
		from = to
	}
	for to < len(text) {
		line, n := nextLine(text[to:], end)
		if n == 0 {
			break
		}
		if to > from && (begins.Match(line) || to-from+len(line) > maxLine) {
			closes()
		}
		to += n
	}
	if flush || end {
		closes()
	}
	return out, from
}
