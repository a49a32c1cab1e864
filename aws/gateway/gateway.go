package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/sigv4"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
)

// Credentials finds the keys that requests are signed with.
type Credentials interface {
	// Credential returns the access key of that ID, false when there is none or
	// it may not be used. An expired key is returned with its time of expiry.
	Credential(ctx context.Context, accessKeyID string) (aws.Credential, bool)
}

// Options say what a Gateway serves and whom it asks.
type Options struct {
	// Services are the AWS services, bound to their handlers.
	Services []*wire.Service
	// Credentials looks access keys up.
	Credentials Credentials
	// Authorizer decides what a caller may do.
	Authorizer Authorizer
	// Clock is what signatures are checked against and durations measured with.
	Clock clock.Clock
	// Log gets the access log, panics and internal errors.
	Log *slog.Logger
	// Health reports for /_kaimon/health.
	Health Health
	// MaxBody bounds a call's body, as sent and decompressed, in bytes;
	// DefaultMaxBody when zero.
	MaxBody int64
	// BodyTimeout is how long a body may take to arrive, and an answer to be
	// taken; DefaultBodyTimeout when zero.
	BodyTimeout time.Duration
	// Prefixes are further handlers by path prefix, such as "/v2/"; the longest
	// that fits wins.
	Prefixes map[string]http.Handler
	// Hosts returns the handler of a host name (without port), nil for none; it
	// is asked before anything else. It may be nil.
	Hosts func(host string) http.Handler
}

const (
	// DefaultMaxBody is the limit of a call's body.
	DefaultMaxBody = 10 << 20
	// DefaultBodyTimeout is the patience with slow clients.
	DefaultBodyTimeout = time.Minute
)

// Gateway is the front door.
type Gateway struct {
	opts     Options
	services *wire.Directory
	verifier sigv4.Verifier
}

// New makes a gateway.
func New(o Options) *Gateway {
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = DefaultBodyTimeout
	}
	return &Gateway{
		opts:     o,
		services: wire.NewDirectory(o.Services...),
		verifier: sigv4.Verifier{Clock: o.Clock},
	}
}

// ServeHTTP sends a request to a mounted handler, or treats it as a call of an
// AWS API.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := g.mounted(r); h != nil {
		setDeadlines(w, time.Time{}, time.Time{})
		h.ServeHTTP(w, r)
		return
	}
	g.serveCall(w, r)
}

func (g *Gateway) mounted(r *http.Request) http.Handler {
	if g.opts.Hosts != nil {
		if h := g.opts.Hosts(hostname(r.Host)); h != nil {
			return h
		}
	}
	if r.URL.Path == HealthPath {
		return http.HandlerFunc(g.serveHealth)
	}
	longest, found := "", http.Handler(nil)
	for prefix, h := range g.opts.Prefixes {
		if len(prefix) > len(longest) && strings.HasPrefix(r.URL.Path, prefix) {
			longest, found = prefix, h
		}
	}
	return found
}

// hostname takes the port off a Host header.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// setDeadlines sets the connection's deadlines. A writer that has none (in
// tests, behind another handler) is as good without.
func setDeadlines(w http.ResponseWriter, read, write time.Time) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(read)
	_ = c.SetWriteDeadline(write)
}
