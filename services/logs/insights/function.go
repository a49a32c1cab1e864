package insights

import (
	"bytes"
	"math"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// function is one that takes values; those that take a field or a period are
// built by the compiler.
type function struct {
	least, most int // arguments
	call        func(r *row, args []Value) Value
}

// anyNumber is the most arguments of a function that takes as many as there are.
const anyNumber = math.MaxInt

// functionOf finds a function by its name in lower case.
func functionOf(name string) (function, bool) {
	for _, table := range []func(string) (function, bool){numericFunction, stringFunction, stringPredicate, otherFunction} {
		if f, ok := table(name); ok {
			return f, true
		}
	}
	return function{}, false
}

// numericFunction finds a function of numbers (User Guide, "Numeric operators").
func numericFunction(name string) (function, bool) {
	switch name {
	case "abs":
		return ofNumber(math.Abs), true
	case "ceil":
		return ofNumber(math.Ceil), true
	case "floor":
		return ofNumber(math.Floor), true
	case "log":
		return ofNumber(math.Log), true
	case "sqrt":
		return ofNumber(math.Sqrt), true
	case "greatest":
		return function{1, anyNumber, func(_ *row, args []Value) Value { return extreme(args, math.Max) }}, true
	case "least":
		return function{1, anyNumber, func(_ *row, args []Value) Value { return extreme(args, math.Min) }}, true
	}
	return function{}, false
}

func ofNumber(f func(float64) float64) function {
	return function{1, 1, func(_ *row, args []Value) Value {
		n, ok := args[0].number()
		if !ok {
			return Value{}
		}
		return number(f(n))
	}}
}

// extreme is the greatest or least of those arguments that are numbers.
func extreme(args []Value, better func(a, b float64) float64) Value {
	var best Value
	for _, a := range args {
		n, ok := a.number()
		switch {
		case !ok:
		case best.kind == null:
			best = number(n)
		default:
			best = number(better(best.num, n))
		}
	}
	return best
}

// stringFunction finds a function that makes text (User Guide, "String functions").
func stringFunction(name string) (function, bool) {
	switch name {
	case "concat":
		return function{1, anyNumber, concat}, true
	case "ltrim":
		return trimming(bytes.TrimLeft), true
	case "rtrim":
		return trimming(bytes.TrimRight), true
	case "trim":
		return trimming(bytes.Trim), true
	case "toupper":
		return ofText(func(b []byte) Value { return text(bytes.ToUpper(b)) }), true
	case "tolower":
		return ofText(func(b []byte) Value { return text(bytes.ToLower(b)) }), true
	case "substr":
		return function{2, 3, substr}, true
	case "replace":
		return function{3, 3, func(r *row, args []Value) Value {
			if args[0].kind == null {
				return Value{}
			}
			old := r.textOf(args[1])
			if len(old) == 0 {
				return text(r.textOf(args[0]))
			}
			return text(bytes.ReplaceAll(r.textOf(args[0]), old, r.textOf(args[2])))
		}}, true
	}
	return function{}, false
}

// ofText is a function of a text, which has no value where there is none.
func ofText(f func([]byte) Value) function {
	return function{1, 1, func(r *row, args []Value) Value {
		if args[0].kind == null {
			return Value{}
		}
		return f(r.textOf(args[0]))
	}}
}

func concat(r *row, args []Value) Value {
	var parts [][]byte
	for _, a := range args {
		parts = append(parts, r.textOf(a))
	}
	return text(bytes.Join(parts, nil))
}

func trimming(trim func(b []byte, cutset string) []byte) function {
	return function{1, 2, func(r *row, args []Value) Value {
		if args[0].kind == null {
			return Value{}
		}
		cutset := " \t\r\n\v\f"
		if len(args) == 2 {
			cutset = string(r.textOf(args[1]))
		}
		return text(trim(r.textOf(args[0]), cutset))
	}}
}

// substr counts code points, from 0.
func substr(r *row, args []Value) Value {
	from, ok := args[1].number()
	if args[0].kind == null || !ok {
		return Value{}
	}
	b := skipRunes(r.textOf(args[0]), from)
	if len(args) == 3 {
		n, ok := args[2].number()
		if !ok {
			return Value{}
		}
		b = b[:len(b)-len(skipRunes(b, n))]
	}
	return text(b)
}

func skipRunes(b []byte, n float64) []byte {
	for ; n >= 1 && len(b) > 0; n-- {
		_, size := utf8.DecodeRune(b)
		b = b[size:]
	}
	return b
}

// stringPredicate finds a function that tells something of a text.
func stringPredicate(name string) (function, bool) {
	switch name {
	case "strlen":
		return ofText(func(b []byte) Value { return number(float64(utf8.RuneCount(b))) }), true
	case "isempty":
		return function{1, 1, func(r *row, args []Value) Value { return boolean(len(r.textOf(args[0])) == 0) }}, true
	case "isblank":
		return function{1, 1, func(r *row, args []Value) Value {
			return boolean(len(bytes.TrimSpace(r.textOf(args[0]))) == 0)
		}}, true
	case "strcontains":
		return function{2, 2, func(r *row, args []Value) Value {
			return boolean(args[0].kind != null && bytes.Contains(r.textOf(args[0]), r.textOf(args[1])))
		}}, true
	case "isvalidip":
		return ofAddress(func(a netip.Addr) bool { return true }), true
	case "isvalidipv4":
		return ofAddress(netip.Addr.Is4), true
	case "isvalidipv6":
		return ofAddress(netip.Addr.Is6), true
	case "isipinsubnet":
		return inSubnet(func(a netip.Addr) bool { return true }), true
	case "isipv4insubnet":
		return inSubnet(netip.Addr.Is4), true
	case "isipv6insubnet":
		return inSubnet(netip.Addr.Is6), true
	}
	return function{}, false
}

func address(b []byte) (netip.Addr, bool) {
	if len(b) > 45 || len(b) < 2 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(string(b))
	return a, err == nil && a.Zone() == ""
}

func ofAddress(is func(netip.Addr) bool) function {
	return function{1, 1, func(r *row, args []Value) Value {
		a, ok := address(r.textOf(args[0]))
		return boolean(ok && is(a))
	}}
}

func inSubnet(is func(netip.Addr) bool) function {
	return function{2, 2, func(r *row, args []Value) Value {
		a, ok := address(r.textOf(args[0]))
		if !ok || !is(a) {
			return boolean(false)
		}
		subnet, err := netip.ParsePrefix(string(r.textOf(args[1])))
		return boolean(err == nil && subnet.Contains(a))
	}}
}

// otherFunction finds a function of times, JSON, or anything (User Guide,
// "Datetime functions", "JSON functions", "General functions").
func otherFunction(name string) (function, bool) {
	switch name {
	case "coalesce":
		return function{1, anyNumber, func(_ *row, args []Value) Value {
			for _, a := range args {
				if a.kind != null {
					return a
				}
			}
			return Value{}
		}}, true
	case "frommillis":
		return function{1, 1, func(_ *row, args []Value) Value {
			n, ok := args[0].number()
			if !ok || math.Abs(n) > maxMillis {
				return Value{}
			}
			return at(int64(n))
		}}, true
	case "tomillis":
		return ofNumber(math.Trunc), true
	case "jsonparse":
		return ofText(parseJSON), true
	case "jsonstringify":
		return ofText(func(b []byte) Value { return text(b) }), true
	}
	return function{}, false
}

// maxMillis is the end of the year 9999.
const maxMillis = 253402300799999

// parseJSON is the value of a JSON document; there is none for other text.
func parseJSON(b []byte) Value {
	var v Value
	all := newPaths()
	all.slot = 0
	s := scanner{b: b, whole: true, found: func(_ int, found Value) { v = found }}
	if !s.scan(all) {
		return Value{}
	}
	return v
}

// inside returns what lies at a path in a value from jsonParse.
func inside(v Value, path []string) Value {
	if v.kind != structured {
		return Value{}
	}
	var part Value
	p := newPaths()
	p.add(path, 0)
	s := scanner{b: v.text, whole: true, found: func(_ int, found Value) { part = found }}
	s.scan(p)
	return part
}

// split cuts a name at its dots.
func split(name string) []string { return strings.Split(name, ".") }
