package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/measure"
	"kaimon.dev/kaimon/internal/clock"
)

// Engine forwards as it is configured.
type Engine struct {
	feed proxy.Feed
	log  *slog.Logger
	ctx  context.Context // ends with Close
	stop context.CancelFunc

	mu        sync.Mutex // held by Change and Close
	set       bool       // there has been a configuration
	nodes     map[nodeKey]*node
	endpoints map[endpointKey]endpoint
	targets   map[proxy.TargetRef]*target
	counters  map[counterKey]*measure.Counter
	balancers map[string]*balancer
	groups    map[string]*slot
	logs      map[string]*accessLog
	http2     *frontend
	closed    bool
	numbered  uint64 // the newest minute's number

	flowIdle time.Duration // how long a flow of datagrams lasts without any
}

// counterKey names a counter: a load balancer's in a zone, or its share of a group.
type counterKey struct{ balancer, group, zone string }

// New returns an engine that does nothing yet.
func New(log *slog.Logger) *Engine {
	ctx, stop := context.WithCancel(context.Background())
	e := &Engine{
		log: log, ctx: ctx, stop: stop,
		nodes: map[nodeKey]*node{}, endpoints: map[endpointKey]endpoint{},
		targets: map[proxy.TargetRef]*target{}, counters: map[counterKey]*measure.Counter{},
		balancers: map[string]*balancer{}, groups: map[string]*slot{}, logs: map[string]*accessLog{},
		flowIdle: datagramIdle,
		// Later than any number of a process before this one.
		numbered: uint64(clock.System{}.Now().UnixNano()),
	}
	e.http2 = newFrontend(log)
	go e.meter()
	return e
}

var _ proxy.Plane = (*Engine)(nil)

// Reports implements proxy.Plane.
func (e *Engine) Reports(ctx context.Context) <-chan proxy.Report { return e.feed.Reports(ctx) }

// Acknowledge implements proxy.Plane.
func (e *Engine) Acknowledge(_ context.Context, number uint64) error {
	e.feed.Acknowledge(number)
	return nil
}

// Close stops listening and breaks every connection.
func (e *Engine) Close() error {
	err := e.Apply(context.Background(), proxy.Config{})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.stop()
	e.http2.close()
	for _, s := range e.endpoints {
		s.close(true)
	}
	return err
}

var errClosed = errors.New("proxy is closed")

// counter returns the lasting counter of a key. e.mu is held.
func (e *Engine) counter(balancer, group, zone string) *measure.Counter {
	k := counterKey{balancer, group, zone}
	c := e.counters[k]
	if c == nil {
		c = &measure.Counter{}
		e.counters[k] = c
	}
	return c
}
