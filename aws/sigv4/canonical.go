package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest is the text that the signature covers (IAM User Guide,
// "Create a signed AWS API request", step 1).
func (s *Signature) canonicalRequest(r *http.Request, rules rules, payloadHash string) string {
	var b strings.Builder
	b.WriteString(r.Method)
	b.WriteByte('\n')
	b.WriteString(canonicalPath(r.URL, rules))
	b.WriteByte('\n')
	b.WriteString(canonicalQuery(s.query))
	b.WriteByte('\n')
	for _, name := range s.SignedHeaders {
		b.WriteString(name)
		b.WriteByte(':')
		b.WriteString(canonicalHeader(r, name))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.WriteString(strings.Join(s.SignedHeaders, ";"))
	b.WriteByte('\n')
	b.WriteString(payloadHash)
	return b.String()
}

// canonicalPath encodes the path once for S3 and, after removing dot segments
// and repeated slashes, once more on top of the sent encoding for all others.
func canonicalPath(u *url.URL, rules rules) string {
	if rules.objectStore {
		return orRoot(escape(u.Path, true))
	}
	return escape(normalise(u.EscapedPath()), true)
}

func orRoot(p string) string {
	if p == "" {
		return "/"
	}
	return p
}

// normalise follows RFC 3986 section 5.2.4 and drops empty segments.
func normalise(p string) string {
	var out []string
	for seg := range strings.SplitSeq(p, "/") {
		switch seg {
		case "", ".":
		case "..":
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, seg)
		}
	}
	n := "/" + strings.Join(out, "/")
	if strings.HasSuffix(p, "/") && len(out) > 0 {
		n += "/"
	}
	return n
}

// parseQuery splits a raw query. Unlike url.ParseQuery it refuses what it
// cannot read instead of leaving it out of the signed text.
func parseQuery(raw string) (url.Values, error) {
	q := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			return nil, refuse(Incomplete, "The query string contains a malformed percent-encoding.")
		}
		q[key] = append(q[key], value)
	}
	return q, nil
}

// canonicalQuery encodes and sorts every parameter but the signature itself.
func canonicalQuery(q url.Values) string {
	pairs := make([][2]string, 0, len(q))
	for k, vs := range q {
		if k == "X-Amz-Signature" {
			continue
		}
		for _, v := range vs {
			pairs = append(pairs, [2]string{escape(k, false), escape(v, false)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p[0] + "=" + p[1])
	}
	return b.String()
}

// canonicalHeader returns a header's value with spaces trimmed and folded.
// net/http moves some headers out of the map; they are put back here.
func canonicalHeader(r *http.Request, name string) string {
	values := r.Header.Values(name)
	if len(values) == 0 {
		switch strings.ToLower(name) {
		case "host":
			values = []string{r.Host}
		case "content-length":
			if r.ContentLength >= 0 {
				values = []string{strconv.FormatInt(r.ContentLength, 10)}
			}
		case "transfer-encoding":
			values = r.TransferEncoding
		}
	}
	folded := make([]string, len(values))
	for i, v := range values {
		folded[i] = strings.Join(strings.FieldsFunc(v, func(c rune) bool { return c == ' ' }), " ")
	}
	return strings.Join(folded, ",")
}

const upperHex = "0123456789ABCDEF"

// escape percent-encodes everything outside RFC 3986's unreserved characters.
func escape(s string, keepSlash bool) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isUnreserved(c) || c == '/' && keepSlash {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
