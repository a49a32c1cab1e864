package measure

import (
	"math"
	"sync/atomic"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Counter counts what one load balancer does as a whole, or for one target
// group. Its methods may be called from any goroutine.
type Counter struct {
	requests         atomic.Int64
	target, balancer [6]atomic.Int64 // answers by the status's first digit
	exact            [5]atomic.Int64 // 500, 502, 503, 504 of the balancer; 460
	redirects, fixed atomic.Int64
	newConnections   atomic.Int64
	bytes            atomic.Int64
	connectionErrors atomic.Int64
	rejected         atomic.Int64
	desync           atomic.Int64
	time             distribution
}

// distribution gathers durations without a lock.
type distribution struct {
	count, sum, low, high atomic.Int64 // ns; low is kept as its complement, so that zero is none
}

func (d *distribution) add(t time.Duration) {
	d.count.Add(1)
	d.sum.Add(int64(t))
	raise(&d.high, int64(t))
	raise(&d.low, math.MaxInt64-int64(t))
}

func raise(a *atomic.Int64, to int64) {
	for {
		old := a.Load()
		if old >= to || a.CompareAndSwap(old, to) {
			return
		}
	}
}

func (d *distribution) take() (proxy.Distribution, bool) {
	n, sum, high, low := d.count.Swap(0), d.sum.Swap(0), d.high.Swap(0), d.low.Swap(0)
	return proxy.Distribution{
		Count: float64(n), Sum: float64(sum) / 1e9, Max: float64(high) / 1e9,
		Min: float64(math.MaxInt64-low) / 1e9,
	}, n > 0
}

// Request counts a request that was routed.
func (c *Counter) Request() { c.requests.Add(1) }

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

// Connection counts a new connection of a client.
func (c *Counter) Connection() { c.newConnections.Add(1) }

// Bytes counts what was moved, headers and bodies, both ways.
func (c *Counter) Bytes(n int64) { c.bytes.Add(n) }

// ConnectionError counts a target that couldn't be connected to.
func (c *Counter) ConnectionError() { c.connectionErrors.Add(1) }

// Rejected counts a connection refused for want of room.
func (c *Counter) Rejected() { c.rejected.Add(1) }

// Desync counts a request that isn't compliant with RFC 9112.
func (c *Counter) Desync() { c.desync.Add(1) }
