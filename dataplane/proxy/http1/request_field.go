package http1

import (
	"strconv"
	"strings"
)

// parseField parses a header line. An empty name means that the field counts
// for nothing.
func (r *Request) parseField(line string) (Field, error) {
	if len(line) > MaxField {
		return Field{}, bad(BadHeader)
	}
	f, ok := splitField(line)
	if !ok {
		return Field{}, bad(BadHeader)
	}
	if f.Name == "" {
		r.raise(Ambiguous, EmptyHeader)
		return Field{}, nil
	}
	if f.Odd && !all(f.Name, isToken) || !all(f.Value, isValue) {
		r.raise(Acceptable, NonCompliantHeader)
	}
	if f.Odd && resemblesFraming(f.Name) {
		return Field{}, bad(SuspiciousTeCl)
	}
	return f, nil
}

// splitField cuts a header line. It refuses what ends a line for some parsers,
// continued lines, and white space before the colon (RFC 9112, 5.1 and 5.2).
func splitField(line string) (Field, bool) {
	colon := strings.IndexByte(line, ':')
	if colon < 0 || strings.IndexByte(line, '\n') >= 0 || strings.IndexByte(line, '\r') >= 0 || strings.IndexByte(line, 0) >= 0 {
		return Field{}, false
	}
	name := line[:colon]
	if strings.IndexByte(name, ' ') >= 0 || strings.IndexByte(name, '\t') >= 0 {
		return Field{}, false
	}
	return Field{
		Name: name, Value: trim(line[colon+1:]), Known: Lookup(name), Odd: !all(name, isPlain),
	}, true
}

// resemblesFraming says that a sloppy parser might take the name for a field
// that frames the body: Content_Length, "Transfer-Encoding\x0b".
func resemblesFraming(name string) bool {
	var letters strings.Builder
	for i := 0; i < len(name); i++ {
		if b := name[i] | 0x20; b >= 'a' && b <= 'z' && name[i] >= 'A' {
			letters.WriteByte(b)
		}
	}
	s := letters.String()
	return s == "contentlength" || s == "transferencoding"
}

// note takes from a field what concerns the connection and the body.
func (r *Request) note(f Field) error {
	switch f.Known {
	case ContentLength:
		n, ok := parseLength(f.Value)
		if !ok {
			return bad(BadContentLength)
		}
		if r.lengths++; r.lengths > 1 {
			if n != r.Length {
				return bad(MultipleContentLength)
			}
			r.raise(Ambiguous, DuplicateContentLength)
		}
		r.Length = n
	case TransferEncoding:
		return r.noteEncoding(f.Value)
	case Connection:
		if Has(f.Value, "close") {
			r.Close = true
		} else if r.Minor == 0 && Has(f.Value, "keep-alive") {
			r.Close = false
		}
	case Upgrade:
		r.Upgrade = f.Value
	case Expect:
		r.Expect = r.Minor == 1 && strings.EqualFold(f.Value, "100-continue")
	}
	return nil
}

func (r *Request) noteEncoding(value string) error {
	if r.encodings++; r.encodings > 1 {
		return bad(MultipleTE)
	}
	switch {
	case r.Minor == 0:
		return bad(BadTransferEncoding)
	case strings.EqualFold(value, "chunked"):
	case strings.EqualFold(value, "identity"):
		r.encodings = 0
	default:
		for list := value; list != ""; {
			var item string
			item, list, _ = strings.Cut(list, ",")
			switch strings.ToLower(trim(item)) {
			case "gzip", "x-gzip", "deflate", "compress", "x-compress", "identity", "chunked":
			default:
				return bad(BadTransferEncoding)
			}
		}
		if value == "" {
			return bad(BadTransferEncoding)
		}
		return &SyntaxError{Status: 501, Reason: BadTransferEncoding}
	}
	return nil
}

// frame settles how long the body is, once all fields are known.
func (r *Request) frame() error {
	bodiless := r.Method == "GET" || r.Method == "HEAD"
	if r.encodings > 0 {
		if r.lengths > 0 {
			r.raise(Ambiguous, BothTeClPresent)
		}
		if bodiless {
			r.raise(Ambiguous, UndefinedTE)
		}
		r.Length = Chunked
		return nil
	}
	if bodiless && r.lengths > 0 {
		if r.Length == 0 {
			r.raise(Acceptable, GetHeadZeroLength)
		} else {
			r.raise(Ambiguous, UndefinedLength)
		}
	}
	return nil
}

// parseLength takes digits only: no sign, no list, no white space inside.
func parseLength(s string) (int64, bool) {
	if s == "" || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
