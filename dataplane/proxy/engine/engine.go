package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/measure"
)

// Engine forwards as it is configured.
type Engine struct {
	feed proxy.Feed
	log  *slog.Logger
	ctx  context.Context // ends with Close
	stop context.CancelFunc

	mu       sync.Mutex // held by Apply and Close
	nodes    map[nodeKey]*node
	sockets  map[socketKey]*socket
	targets  map[proxy.TargetRef]*target
	counters map[counterKey]*measure.Counter
	balancer map[string]*balancer
	logs     map[string]*accessLog
	http2    *frontend
	closed   bool
}

// counterKey names a counter: a load balancer's, or its share of a group.
type counterKey struct{ balancer, group string }

// New returns an engine that does nothing yet.
func New(log *slog.Logger) *Engine {
	ctx, stop := context.WithCancel(context.Background())
	e := &Engine{
		log: log, ctx: ctx, stop: stop,
		nodes: map[nodeKey]*node{}, sockets: map[socketKey]*socket{},
		targets: map[proxy.TargetRef]*target{}, counters: map[counterKey]*measure.Counter{},
		balancer: map[string]*balancer{}, logs: map[string]*accessLog{},
	}
	e.http2 = newFrontend(log)
	go e.meter()
	return e
}

var _ proxy.Plane = (*Engine)(nil)

// Reports implements proxy.Plane.
func (e *Engine) Reports(ctx context.Context) <-chan proxy.Report { return e.feed.Reports(ctx) }

// Close stops listening and breaks every connection.
func (e *Engine) Close() error {
	err := e.Apply(context.Background(), proxy.Config{})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.stop()
	e.http2.close()
	for _, s := range e.sockets {
		s.close(true)
	}
	return err
}

var errClosed = errors.New("proxy is closed")

// counter returns the lasting counter of a key. e.mu is held.
func (e *Engine) counter(balancer, group string) *measure.Counter {
	k := counterKey{balancer, group}
	c := e.counters[k]
	if c == nil {
		c = &measure.Counter{}
		e.counters[k] = c
	}
	return c
}
