package insights

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a query, and where.
type Error struct {
	// Start and End are the place in the query, in characters; End is behind it.
	Start, End int
	// Message is the text for people.
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// ErrMemory ends a run that would have to hold more than it may.
var ErrMemory = errors.New("the query needs more memory than a query may use")

// errorAt is an error at a stretch of bytes of a query.
func errorAt(query string, start, end int, format string, args ...any) *Error {
	from := utf8.RuneCountInString(query[:start])
	return &Error{Start: from, End: from + utf8.RuneCountInString(query[start:end]), Message: fmt.Sprintf(format, args...)}
}

// unexpected is AWS's text for whatever doesn't fit the grammar.
func unexpected(query string, start, end int) *Error {
	found := query[start:end]
	if start >= len(query) {
		found = "<EOF>"
	}
	before := query[:start]
	line := 1 + strings.Count(before, "\n")
	return errorAt(query, start, end, "unexpected symbol found %s at line %d and position %d",
		found, line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]))
}
