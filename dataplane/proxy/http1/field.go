package http1

import "strings"

// Field is a header field. Name and Value are substrings of the head.
type Field struct {
	Name  string
	Value string // without white space around it
	Known Known
	Odd   bool // the name holds more than letters, digits and hyphens
}

// Known is a field that a proxy has to know.
type Known uint8

// The fields that a proxy has to know.
const (
	Other Known = iota
	Host
	Connection
	ContentLength
	TransferEncoding
	KeepAlive
	ProxyConnection
	Upgrade
	Expect
	TE
	Trailer
	HTTP2Settings
	XForwardedFor
	XForwardedProto
	XForwardedPort
	TraceID
	Cookie
	SetCookie
	UserAgent
	Server
	Date
)

// names are the known fields by length, for a lookup without hashing.
var names = func() (by [32][]namedField) {
	for name, known := range map[string]Known{
		"Host": Host, "Connection": Connection, "Content-Length": ContentLength,
		"Transfer-Encoding": TransferEncoding, "Keep-Alive": KeepAlive,
		"Proxy-Connection": ProxyConnection, "Upgrade": Upgrade, "Expect": Expect,
		"TE": TE, "Trailer": Trailer, "HTTP2-Settings": HTTP2Settings,
		"X-Forwarded-For": XForwardedFor, "X-Forwarded-Proto": XForwardedProto,
		"X-Forwarded-Port": XForwardedPort, "X-Amzn-Trace-Id": TraceID,
		"Cookie": Cookie, "Set-Cookie": SetCookie, "User-Agent": UserAgent,
		"Server": Server, "Date": Date,
	} {
		by[len(name)] = append(by[len(name)], namedField{name, known})
	}
	return by
}()

type namedField struct {
	name  string
	known Known
}

// Lookup returns which known field a name is, in any case.
func Lookup(name string) Known {
	if len(name) < len(names) {
		for _, n := range names[len(name)] {
			if strings.EqualFold(n.name, name) {
				return n.known
			}
		}
	}
	return Other
}

// HopByHop says that a field concerns one connection only (RFC 9110, 7.6.1) and
// isn't forwarded.
func (k Known) HopByHop() bool {
	switch k {
	case Connection, KeepAlive, ProxyConnection, Upgrade, TE, Trailer, TransferEncoding, ContentLength, HTTP2Settings:
		return true // the framing is written anew
	}
	return false
}

// Has says that a comma-separated list holds a token, in any case.
func Has(list, token string) bool {
	for list != "" {
		var item string
		item, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}

// The classes of bytes.
const (
	isToken  = 1 << iota // RFC 9110, 5.6.2
	isPlain              // letters, digits and hyphen
	isTarget             // visible ASCII
	isValue              // visible, space, tab, and bytes above ASCII
)

var class = func() (c [256]uint8) {
	for i := range 256 {
		b := byte(i)
		alnum := b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
		if alnum || b == '-' {
			c[i] |= isPlain
		}
		if alnum || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0 {
			c[i] |= isToken
		}
		if b > ' ' && b < 0x7f {
			c[i] |= isTarget
		}
		if b >= ' ' && b != 0x7f || b == '\t' {
			c[i] |= isValue
		}
	}
	return c
}()

// all says that every byte of s is in the class.
func all(s string, in uint8) bool {
	for i := 0; i < len(s); i++ {
		if class[s[i]]&in == 0 {
			return false
		}
	}
	return true
}

// trim removes the white space around a field's value.
func trim(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// Plain says that a name holds letters, digits and hyphens only, as a load
// balancer's drop_invalid_header_fields wants it.
func Plain(name string) bool { return all(name, isPlain) }
