package http1

import "strings"

// Response is a response's head. Its strings are parts of the head.
type Response struct {
	Status int
	Phrase string
	Minor  int
	Fields []Field
	Length int64 // of the body: bytes, Chunked or UntilClose
	Close  bool  // the connection can't be used again
}

// Get returns the value of the first field of a name, in any case.
func (r *Response) Get(name string) string { return get(r.Fields, name) }

// Parse parses a head as Reader.Head returned it, the answer to a request of
// the method. The error is a *SyntaxError; a load balancer answers 502.
func (r *Response) Parse(head, method string) error {
	*r = Response{Fields: r.Fields[:0]}
	line, rest, _ := strings.Cut(head, "\r\n")
	if err := r.parseLine(line); err != nil {
		return err
	}
	length, chunked := int64(UntilClose), false
	for rest != "\r\n" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		f, ok := splitField(line)
		if !ok || f.Name == "" || len(r.Fields) == maxFields || !all(f.Value, isValue) {
			return malformed("header field")
		}
		switch f.Known {
		case ContentLength:
			n, ok := parseLength(f.Value)
			if !ok || length != UntilClose && length != n {
				return malformed(BadContentLength)
			}
			length = n
		case TransferEncoding:
			if chunked || !strings.EqualFold(f.Value, "chunked") {
				return malformed(BadTransferEncoding)
			}
			chunked = true
		case Connection:
			r.Close = r.Close && !Has(f.Value, "keep-alive") || Has(f.Value, "close")
		}
		r.Fields = append(r.Fields, f)
	}
	return r.frame(method, length, chunked)
}

func (r *Response) parseLine(line string) error {
	version, rest, _ := strings.Cut(line, " ")
	code, phrase, _ := strings.Cut(rest, " ")
	switch version {
	case "HTTP/1.1":
		r.Minor = 1
	case "HTTP/1.0":
		r.Close = true
	default:
		return malformed(BadVersion)
	}
	n, ok := parseLength(code)
	if !ok || len(code) != 3 || n < 100 || n > 999 || !all(phrase, isValue) {
		return malformed("status")
	}
	r.Status, r.Phrase = int(n), phrase
	return nil
}

// frame settles how long the body is (RFC 9112, 6.3).
func (r *Response) frame(method string, length int64, chunked bool) error {
	switch {
	case chunked && length != UntilClose:
		return malformed(BothTeClPresent)
	case chunked:
		length = Chunked
	}
	if method == "HEAD" || r.Status < 200 || r.Status == 204 || r.Status == 304 {
		length = 0
	}
	if r.Length = length; length == UntilClose {
		r.Close = true
	}
	return nil
}

func malformed(reason string) error { return &SyntaxError{Status: 502, Reason: reason} }
