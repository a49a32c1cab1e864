package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// parseHeader reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
// AWS takes commas, spaces or both between the parts.
func parseHeader(auth string, h http.Header) (*Signature, error) {
	name, rest, _ := strings.Cut(auth, " ")
	if name != algorithm {
		return nil, refuse(Incomplete, "Unsupported AWS 'algorithm': '%s'.", name)
	}
	parts := map[string]string{}
	for _, p := range strings.FieldsFunc(rest, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
		k, v, ok := strings.Cut(p, "=")
		if !ok {
			return nil, refuse(Incomplete, "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.", digest64(auth))
		}
		if _, twice := parts[k]; twice {
			return nil, refuse(Incomplete, "Duplicate '%s' in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.", k, digest64(auth))
		}
		parts[k] = v
	}
	date, httpDate := h.Get("X-Amz-Date"), false
	if date == "" {
		date, httpDate = h.Get("Date"), true
	}
	if lacks := missingParts(parts, date); lacks != "" {
		return nil, refuse(Incomplete, "%s(Hashed with SHA-256 and encoded with Base64) Authorization=%s", lacks, digest64(auth))
	}
	key, scope, err := parseCredential(parts["Credential"])
	if err != nil {
		return nil, err
	}
	at, err := parseTime(date, httpDate)
	if err != nil {
		return nil, err
	}
	return &Signature{
		AccessKeyID:   key,
		Scope:         scope,
		Time:          at,
		SessionToken:  h.Get("X-Amz-Security-Token"),
		SignedHeaders: strings.Split(parts["SignedHeaders"], ";"),
		value:         parts["Signature"],
	}, nil
}

// missingParts lists, in AWS's sentences, what the header lacks.
func missingParts(parts map[string]string, date string) string {
	var b strings.Builder
	for _, k := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[k] == "" {
			b.WriteString("Authorization header requires '" + k + "' parameter. ")
		}
	}
	if date == "" {
		b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	return b.String()
}

// digest64 stands for a header in a message without giving the signature away.
func digest64(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}
