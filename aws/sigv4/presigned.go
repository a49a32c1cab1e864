package sigv4

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxExpires is the longest life of a presigned request, seven days.
const maxExpires = 7 * 24 * time.Hour

// parsePresigned reads the query form of a signature.
func parsePresigned(q url.Values) (*Signature, error) {
	var lacks strings.Builder
	for _, k := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if len(q[k]) != 1 || q[k][0] == "" {
			lacks.WriteString("AWS query-string parameters must include '" + k + "'. ")
		}
	}
	if lacks.Len() > 0 {
		return nil, refuse(Incomplete, "%sRe-examine the query-string parameters.", lacks.String())
	}
	if a := q.Get("X-Amz-Algorithm"); a != algorithm {
		return nil, refuse(Incomplete, "Unsupported AWS 'algorithm': '%s'.", a)
	}
	key, scope, err := parseCredential(q.Get("X-Amz-Credential"))
	if err != nil {
		return nil, err
	}
	at, err := parseTime(q.Get("X-Amz-Date"), false)
	if err != nil {
		return nil, err
	}
	expires, err := parseExpires(q["X-Amz-Expires"])
	if err != nil {
		return nil, err
	}
	return &Signature{
		AccessKeyID:   key,
		Scope:         scope,
		Time:          at,
		SessionToken:  q.Get("X-Amz-Security-Token"),
		Presigned:     true,
		Expires:       expires,
		SignedHeaders: strings.Split(q.Get("X-Amz-SignedHeaders"), ";"),
		value:         q.Get("X-Amz-Signature"),
	}, nil
}

func parseExpires(values []string) (time.Duration, error) {
	if len(values) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseInt(values[0], 10, 32)
	d := time.Duration(n) * time.Second
	switch {
	case err != nil || len(values) > 1:
		return 0, refuse(Incomplete, "X-Amz-Expires should be a number")
	case d <= 0:
		return 0, refuse(Incomplete, "X-Amz-Expires must be non-negative")
	case d > maxExpires:
		return 0, refuse(Incomplete, "X-Amz-Expires must be less than a week (in seconds) i.e., the given X-Amz-Expires must be less than 604800 seconds")
	}
	return d, nil
}
