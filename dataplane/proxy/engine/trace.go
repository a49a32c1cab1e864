package engine

import (
	"strings"
	"sync/atomic"

	"kaimon.dev/kaimon/internal/clock"
)

// Trace IDs are a time, digits of this process, and a count.
var (
	traceBase  = clock.Hex(8)
	traceCount atomic.Uint32
)

// traceID is the X-Amzn-Trace-Id for the target (Elastic Load Balancing user
// guide, "Request tracing"): a new Root, or Self before what the client sent.
func traceID(client string) string {
	id := newTraceID()
	switch {
	case client == "":
		return "Root=" + id
	case strings.Contains(client, "Root="):
		return "Self=" + id + ";" + withoutSelf(client)
	}
	return "Root=" + id + ";" + client
}

func newTraceID() string {
	var b [35]byte
	copy(b[:2], "1-")
	hex(b[2:10], uint32(clock.System{}.Now().Unix()))
	b[10] = '-'
	copy(b[11:27], traceBase)
	hex(b[27:35], traceCount.Add(1))
	return string(b[:])
}

// hex writes eight digits.
func hex(to []byte, n uint32) {
	for i := 7; i >= 0; i-- {
		to[i] = "0123456789abcdef"[n&15]
		n >>= 4
	}
}

func withoutSelf(client string) string {
	var kept []string
	for _, part := range strings.Split(client, ";") {
		if part = strings.TrimSpace(part); part != "" && !strings.HasPrefix(part, "Self=") {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ";")
}
