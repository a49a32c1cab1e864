package http1

import (
	"strings"
)

// The limits of an Application Load Balancer (Elastic Load Balancing user
// guide, "HTTP header limits").
const (
	MaxLine         = 16 << 10 // request line
	MaxField        = 16 << 10 // one header field
	MaxRequestHead  = 64 << 10
	MaxResponseHead = 32 << 10
)

// maxFields bounds the work of a head of very small fields.
const maxFields = 1000

// Chunked is the length of a body that ends with its last chunk.
const Chunked = -1

// UntilClose is the length of a response that ends with its connection.
const UntilClose = -2

// Request is a request's head. Its strings are parts of the head.
type Request struct {
	Method  string
	Target  string // as in the request line, without scheme and host
	Path    string // of the target, without the query
	Query   string // without the question mark
	Host    string // as sent, with its port if any
	Minor   int    // of the version: HTTP/1.Minor
	Fields  []Field
	Length  int64 // of the body: bytes, or Chunked
	Close   bool  // the client wants the connection closed after the response
	Upgrade string
	Expect  bool // 100-continue
	Grade   Grade
	Reason  string // why the grade isn't Compliant

	lengths, encodings int // how many fields said so
}

// Sized says that the length was given by a Content-Length field.
func (r *Request) Sized() bool { return r.lengths > 0 && r.Length != Chunked }

// Get returns the value of the first field of a name, in any case.
func (r *Request) Get(name string) string { return get(r.Fields, name) }

func get(fields []Field, name string) string {
	for i := range fields {
		if len(fields[i].Name) == len(name) && strings.EqualFold(fields[i].Name, name) {
			return fields[i].Value
		}
	}
	return ""
}

// Parse parses a head as Reader.Head returned it; r's Fields are reused. The
// error is a *SyntaxError.
func (r *Request) Parse(head string) error {
	*r = Request{Fields: r.Fields[:0]}
	line, rest, _ := strings.Cut(head, "\r\n")
	if len(line) > MaxLine {
		return &SyntaxError{Status: 414, Reason: "request line too long"}
	}
	if err := r.parseLine(line); err != nil {
		return err
	}
	absoluteHost := r.Host
	hosts := 0
	for rest != "\r\n" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		f, err := r.parseField(line)
		if err != nil {
			return err
		}
		if f.Name == "" {
			continue
		}
		if f.Known == Host {
			hosts++
			r.Host = f.Value
		}
		if err := r.note(f); err != nil {
			return err
		}
		if len(r.Fields) == maxFields {
			return bad(BadHeader)
		}
		r.Fields = append(r.Fields, f)
	}
	if hosts > 1 || hosts == 0 && r.Minor == 1 || !validHost(r.Host) {
		return bad(BadHeader)
	}
	if absoluteHost != "" {
		r.Host = absoluteHost // RFC 9112, 3.2.2
	}
	return r.frame()
}

// parseLine parses the request line.
func (r *Request) parseLine(line string) error {
	method, rest, _ := strings.Cut(line, " ")
	target, version, ok := strings.Cut(rest, " ")
	if method == "" || len(method) > 32 || !all(method, isToken) {
		return bad(BadMethod)
	}
	switch {
	case !ok:
		return bad(BadVersion)
	case version == "HTTP/1.1":
		r.Minor = 1
	case version == "HTTP/1.0":
		r.Close = true
	case len(version) == 8 && strings.HasPrefix(version, "HTTP/") && version[5] >= '0' && version[5] <= '9' && version[6] == '.':
		return &SyntaxError{Status: 505, Reason: BadVersion}
	default:
		return bad(BadVersion)
	}
	if !all(target, isTarget) {
		for i := 0; i < len(target); i++ {
			if target[i] < 0x80 && class[target[i]]&isTarget == 0 {
				return bad(BadURI)
			}
		}
		r.raise(Ambiguous, AmbiguousURI)
	}
	r.Method = method
	return r.parseTarget(target)
}

// parseTarget takes the origin form, the absolute form and the asterisk.
func (r *Request) parseTarget(target string) error {
	if !strings.HasPrefix(target, "/") {
		scheme, rest, ok := strings.Cut(target, "://")
		switch {
		case target == "*" && r.Method == "OPTIONS":
		case ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")):
			i := strings.IndexAny(rest, "/?")
			if i < 0 {
				i = len(rest)
			}
			if r.Host = rest[:i]; r.Host == "" || !validHost(r.Host) {
				return bad(BadURI)
			}
			if target = rest[i:]; !strings.HasPrefix(target, "/") {
				target = "/" + target
			}
		default:
			return bad(BadURI)
		}
	}
	if strings.IndexByte(target, '#') >= 0 {
		r.raise(Ambiguous, AmbiguousURI)
	}
	r.Target = target
	r.Path, r.Query, _ = strings.Cut(target, "?")
	return nil
}

// validHost refuses what could end a header field or hide a path.
func validHost(host string) bool {
	return all(host, isTarget) && !strings.ContainsAny(host, "/\\?#@,")
}

// Build makes r of what another version of HTTP has delivered, by the same
// rules; the fields are kept. The error is a *SyntaxError.
func (r *Request) Build(method, target, host string, fields []Field, length int64) error {
	*r = Request{Method: method, Minor: 1, Host: host, Fields: fields, Length: length}
	if !all(method, isToken) || method == "" {
		return bad(BadMethod)
	}
	if len(target) > MaxLine {
		return &SyntaxError{Status: 414, Reason: "request line too long"}
	}
	if !all(target, isTarget) {
		return bad(BadURI)
	}
	if !validHost(host) {
		return bad(BadHeader)
	}
	return r.parseTarget(target)
}
