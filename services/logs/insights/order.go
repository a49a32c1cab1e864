package insights

import (
	"bytes"
	"cmp"
)

// sortable returns the value as order wants it: text that is a number is one,
// and a time is the number of its milliseconds.
func (v Value) sortable() Value {
	if n, ok := v.number(); ok {
		return number(n)
	}
	return v
}

// order is the order of the sort command (User Guide, "sort"): what is missing,
// then text by its natural order, then numbers. Both must be sortable.
func order(a, b Value) int {
	if c := cmp.Compare(class(a), class(b)); c != 0 {
		return c
	}
	if a.kind == numeric {
		return cmp.Compare(a.num, b.num)
	}
	return natural(a.text, b.text)
}

func class(v Value) int {
	switch v.kind {
	case null:
		return 0
	case numeric, stamp:
		return 2
	}
	return 1
}

// natural compares texts: runs of digits by length, then value; all else by
// character. Texts that differ are never equal.
func natural(a, b []byte) int {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if isDigit(a[i]) && isDigit(b[j]) {
			m, n := run(a[i:]), run(b[j:])
			if c := cmp.Or(cmp.Compare(m, n), bytes.Compare(a[i:i+m], b[j:j+n])); c != 0 {
				return c
			}
			i, j = i+m, j+n
			continue
		}
		if c := cmp.Compare(a[i], b[j]); c != 0 {
			return c
		}
		i, j = i+1, j+1
	}
	return cmp.Compare(len(a), len(b))
}

// run is the number of digits that a text begins with.
func run(b []byte) int {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	return n
}
