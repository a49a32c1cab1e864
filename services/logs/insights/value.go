package insights

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

type kind uint8

const (
	null       kind = iota // a field that the row lacks
	numeric                // a number; what is true is 1, what is false 0
	stamp                  // a time, in milliseconds since 1970
	textual                // text, also a number as it stands in an event
	structured             // a JSON object or array, as text
)

// Value is the value of a field or an expression. Text may be part of the event
// or of the row that it was computed for: what outlives it must be cloned.
type Value struct {
	kind kind
	num  float64
	text []byte
}

func number(n float64) Value {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return Value{}
	}
	return Value{kind: numeric, num: n + 0} // -0 is 0
}

func text(b []byte) Value   { return Value{kind: textual, text: b} }
func at(millis int64) Value { return Value{kind: stamp, num: float64(millis)} }

func boolean(b bool) Value {
	if b {
		return Value{kind: numeric, num: 1}
	}
	return Value{kind: numeric}
}

// truth says whether a condition with this value holds.
func (v Value) truth() bool {
	switch v.kind {
	case numeric, stamp:
		return v.num != 0
	case textual, structured:
		return len(v.text) > 0
	}
	return false
}

// number returns the value as a number, if it is one.
func (v Value) number() (float64, bool) {
	switch v.kind {
	case numeric, stamp:
		return v.num, true
	case textual:
		return parseNumber(v.text)
	}
	return 0, false
}

// parseNumber reads a decimal number; no text of another form is one.
func parseNumber(b []byte) (float64, bool) {
	if len(b) == 0 || len(b) > 64 {
		return 0, false
	}
	i, n, scale, digits := 0, int64(0), 0, 0
	if b[0] == '-' || b[0] == '+' {
		i = 1
	}
	point := false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case isDigit(c):
			digits++
			n = n*10 + int64(c-'0')
			if point {
				scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return parseSlowly(b)
		}
		if digits > 15 {
			return parseSlowly(b)
		}
	}
	if digits == 0 {
		return 0, false
	}
	f := float64(n) / powers[scale] // both exact, so the quotient is rounded once
	if b[0] == '-' {
		f = -f
	}
	return f, true
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

func parseSlowly(b []byte) (float64, bool) {
	for _, c := range b {
		if !isDigit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil
}

// appendTo prints the value: times as AWS does, numbers with up to four decimals.
func (v Value) appendTo(b []byte) []byte {
	switch v.kind {
	case numeric:
		if v.num == math.Trunc(v.num) && math.Abs(v.num) < 1e15 {
			return strconv.AppendInt(b, int64(v.num), 10)
		}
		from := len(b)
		b = strconv.AppendFloat(b, v.num, 'f', 4, 64)
		b = bytes.TrimRight(b, "0")
		b = bytes.TrimSuffix(b, []byte("."))
		if string(b[from:]) == "-0" {
			b = append(b[:from], '0')
		}
		return b
	case stamp:
		return time.UnixMilli(int64(v.num)).UTC().AppendFormat(b, "2006-01-02 15:04:05.000")
	}
	return append(b, v.text...)
}

// equal compares for "=": as numbers where one side is a number, else as text.
func (r *row) equal(a, b Value) bool {
	if a.kind == null || b.kind == null {
		return false
	}
	if a.kind <= stamp || b.kind <= stamp {
		x, ok1 := a.number()
		y, ok2 := b.number()
		if ok1 && ok2 {
			return x == y
		}
	}
	return bytes.Equal(r.textOf(a), r.textOf(b))
}

// compare compares for "<" and its kin: as numbers if both are, else as text.
// ok is false if one is missing, or only one can be compared as a number is.
func (r *row) compare(a, b Value) (c int, ok bool) {
	if a.kind == null || b.kind == null {
		return 0, false
	}
	x, ok1 := a.number()
	y, ok2 := b.number()
	switch {
	case ok1 != ok2 && (a.kind <= stamp || b.kind <= stamp):
		return 0, false
	case !ok1 || !ok2:
		return bytes.Compare(r.textOf(a), r.textOf(b)), true
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

// clone returns the value with text of its own.
func (v Value) clone() Value {
	v.text = bytes.Clone(v.text)
	return v
}
