package logs

import (
	"bytes"
	"unicode/utf8"
)

// maxLine is the longest line that stays one event, in bytes; what is longer is
// cut (Docker's awslogs driver: 256 KiB less 26).
const maxLine = 256<<10 - 26

// lines cuts a text at its line feeds and returns what lies before the last, or
// everything at the end of the output. Empty lines are left out, as Docker's
// awslogs driver does. The lines are part of text unless they aren't UTF-8.
func lines(text []byte, end bool) (out [][]byte, consumed int) {
	for consumed < len(text) {
		line, n := nextLine(text[consumed:], end)
		if n == 0 {
			break
		}
		consumed += n
		if len(line) > 0 {
			out = append(out, bytes.ToValidUTF8(line, []byte(string(utf8.RuneError))))
		}
	}
	return out, consumed
}

// nextLine returns the first line of a text, cut where it is too long, and how
// many bytes it takes with its line feed: 0 when its end isn't there yet.
func nextLine(text []byte, end bool) (line []byte, n int) {
	switch i := bytes.IndexByte(text, '\n'); {
	case i >= 0 && i <= maxLine:
		return text[:i], i + 1
	case len(text) > maxLine:
		line = text[:boundary(text, maxLine)]
		return line, len(line)
	case end:
		return text, len(text)
	}
	return nil, 0
}

// boundary is the last place at or before n where no character is cut.
func boundary(text []byte, n int) int {
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return n
}
