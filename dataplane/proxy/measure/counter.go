package measure

import (
	"math"
	"sync/atomic"
	"time"
)

// Counter counts what one load balancer does in one zone, as a whole or for one
// target group. Its methods may be called from any goroutine.
type Counter struct {
	requests, grpc      atomic.Int64
	target, balancer    [6]atomic.Int64 // answers by the status's first digit
	exact               [5]atomic.Int64 // 500, 502, 503, 504 of the balancer; 460
	redirects, fixed    atomic.Int64
	connections         gauge
	bytes               atomic.Int64
	connectionErrors    atomic.Int64
	rejected            atomic.Int64
	desync              atomic.Int64
	clientTLS, upperTLS atomic.Int64
	time                distribution
	flows               [3]flows
	rejectedFlows       atomic.Int64
}

// gauge counts what begins and ends.
type gauge struct{ begun, open, peak atomic.Int64 }

func (g *gauge) begin() {
	g.begun.Add(1)
	raise(&g.peak, g.open.Add(1))
}

func (g *gauge) end() { g.open.Add(-1) }

// take returns how many began, and the most that were open at once.
func (g *gauge) take() (begun, peak int64) {
	open := g.open.Load()
	return g.begun.Swap(0), max(g.peak.Swap(open), open)
}

// raise lets a number be at least as high.
func raise(a *atomic.Int64, to int64) {
	for {
		old := a.Load()
		if old >= to || a.CompareAndSwap(old, to) {
			return
		}
	}
}

// Request counts a request that was routed.
func (c *Counter) Request() { c.requests.Add(1) }

// GRPC counts a request of a gRPC client that was routed.
func (c *Counter) GRPC() { c.grpc.Add(1) }

// Answer counts a target's answer and how long it took to begin.
func (c *Counter) Answer(status int, after time.Duration) {
	if i := status / 100; i < len(c.target) {
		c.target[i].Add(1)
	}
	c.time.add(after)
}

// exactCodes are the statuses that have metrics of their own.
var exactCodes = [...]int{500, 502, 503, 504, 460}

// Own counts an answer that the load balancer made by itself.
func (c *Counter) Own(status int) {
	if i := status / 100; i < len(c.balancer) {
		c.balancer[i].Add(1)
	}
	for i, code := range exactCodes {
		if status == code {
			c.exact[i].Add(1)
		}
	}
}

// Redirect counts a redirect action.
func (c *Counter) Redirect() { c.redirects.Add(1) }

// Fixed counts a fixed-response action.
func (c *Counter) Fixed() { c.fixed.Add(1) }

// Opened counts a new connection, of a client or to a target; Closed its end.
func (c *Counter) Opened() { c.connections.begin() }

// Closed counts the end of a connection.
func (c *Counter) Closed() { c.connections.end() }

// Bytes counts what was moved, headers and bodies, both ways.
func (c *Counter) Bytes(n int64) { c.bytes.Add(n) }

// ConnectionError counts a target that couldn't be connected to.
func (c *Counter) ConnectionError() { c.connectionErrors.Add(1) }

// Rejected counts a connection refused for want of room.
func (c *Counter) Rejected() { c.rejected.Add(1) }

// Desync counts a request that isn't compliant with RFC 9112.
func (c *Counter) Desync() { c.desync.Add(1) }

// ClientTLSError counts a TLS handshake with a client that failed.
func (c *Counter) ClientTLSError() { c.clientTLS.Add(1) }

// TargetTLSError counts a TLS handshake with a target that failed.
func (c *Counter) TargetTLSError() { c.upperTLS.Add(1) }

// distribution gathers durations without a lock. Bins are as wide as a tenth of
// their values.
type distribution struct {
	count, sum, low, high atomic.Int64 // ns; low is kept as its complement, so that zero is none
	bins                  [bins]atomic.Int64
}

const (
	bins      = 240  // the last one holds what takes two hours
	binGrowth = 1.1  // from a bin to the next
	binUnit   = 1000 // ns; the first bin holds what is less than that
)

var logGrowth = math.Log(binGrowth)

func binOf(t time.Duration) int {
	if t < binUnit {
		return 0
	}
	return min(1+int(math.Log(float64(t)/binUnit)/logGrowth), bins-1)
}

// binValue is the middle of a bin, in seconds.
func binValue(i int) float64 {
	if i == 0 {
		return binUnit / 2 / 1e9
	}
	return binUnit / 1e9 * math.Pow(binGrowth, float64(i)-0.5)
}

func (d *distribution) add(t time.Duration) {
	t = max(t, 0)
	d.count.Add(1)
	d.sum.Add(int64(t))
	raise(&d.high, int64(t))
	raise(&d.low, math.MaxInt64-int64(t))
	d.bins[binOf(t)].Add(1)
}
