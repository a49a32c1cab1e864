package pattern

import (
	"strings"
)

// fields matches lines of fields between spaces. What stands in brackets or
// quotes is one field.
type fields struct {
	columns []column
	// gap is the index that an ellipsis stands before, -1 for none: any
	// number of fields may be there.
	gap int
}

// column is one field: its name, and what must hold of it: one of several
// lists of comparisons, none for anything.
type column struct {
	name  string
	cases [][]comparison
}

func (c column) holds(value string) bool {
	for _, all := range c.cases {
		ok := true
		for _, x := range all {
			ok = ok && x.holds(value)
		}
		if ok {
			return true
		}
	}
	return len(c.cases) == 0
}

// align pairs the columns with a message's fields; nil if their number differs.
func (f fields) align(message []byte) []string {
	values := split(string(message))
	extra := len(values) - len(f.columns)
	switch {
	case extra < 0 || extra > 0 && f.gap < 0:
		return nil
	case extra > 0:
		return append(append([]string{}, values[:f.gap]...), values[f.gap+extra:]...)
	}
	return values
}

func (f fields) match(message []byte) bool {
	values := f.align(message)
	if values == nil {
		return false
	}
	for i, c := range f.columns {
		if !c.holds(values[i]) {
			return false
		}
	}
	return true
}

func (f fields) extract(message []byte) map[string]string {
	out := map[string]string{}
	for i, v := range f.align(message) {
		if name := f.columns[i].name; name != "" {
			out["$"+name] = v
		}
	}
	return out
}

// split cuts a line into its fields.
func split(line string) []string {
	var out []string
	closing := map[byte]byte{'[': ']', '"': '"'}
	for {
		line = strings.TrimLeft(line, " \t\r\n")
		if line == "" {
			return out
		}
		if end := closing[line[0]]; end != 0 {
			if i := strings.IndexByte(line[1:], end); i >= 0 {
				out, line = append(out, line[1:1+i]), line[i+2:]
				continue
			}
		}
		i := strings.IndexAny(line, " \t\r\n")
		if i < 0 {
			return append(out, line)
		}
		out, line = append(out, line[:i]), line[i:]
	}
}

func compileFields(s *scanner) (matcher, error) {
	f := fields{gap: -1}
	for {
		s.space()
		switch {
		case s.take("..."):
			if f.gap >= 0 {
				return nil, s.errorf("a second ellipsis")
			}
			f.gap = len(f.columns)
		default:
			c, err := s.column()
			if err != nil {
				return nil, err
			}
			f.columns = append(f.columns, c)
		}
		s.space()
		if s.take(",") {
			continue
		}
		if !s.take("]") {
			return nil, s.errorf("a comma or ] is missing")
		}
		if s.space(); !s.done() {
			return nil, s.errorf("text behind the pattern")
		}
		return f, nil
	}
}

// column reads a field's name and conditions: name, name=value, name>1&&name<5.
func (s *scanner) column() (column, error) {
	name, err := s.name()
	c := column{name: name}
	if err != nil {
		return c, err
	}
	if s.space(); s.done() || s.text[s.at] == ',' || s.text[s.at] == ']' {
		return c, nil
	}
	all := []comparison{}
	for {
		x, err := s.comparison(endsField)
		if err != nil {
			return c, err
		}
		all = append(all, x)
		s.space()
		switch {
		case s.take("&&"):
		case s.take("||"):
			c.cases, all = append(c.cases, all), []comparison{}
		default:
			c.cases = append(c.cases, all)
			return c, nil
		}
		s.space()
		again, err := s.name()
		if err != nil {
			return c, err
		}
		if again != name {
			return c, s.errorf("a condition on %s among those on %s", again, name)
		}
		s.space()
	}
}

func (s *scanner) name() (string, error) {
	s.space()
	name := s.until(func(c byte) bool { return !isWord(c) && c != '-' && c != '.' })
	if name == "" {
		return "", s.errorf("the name of a field is missing")
	}
	return name, nil
}

func endsField(c byte) bool { return isSpace(c) || strings.IndexByte(",]&|", c) >= 0 }
