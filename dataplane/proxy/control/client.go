package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Options say where the proxy is and how it is started.
type Options struct {
	Socket  string       // its Unix socket
	Command []string     // starts the proxy when none answers; empty for never
	LogFile string       // what the command writes is appended here; empty for nowhere
	Log     *slog.Logger // nil for nowhere
}

// Client is the control plane's end. It is a proxy.Plane that lasts: the proxy
// may come and go.
type Client struct {
	options Options
	feed    proxy.Feed
	ctx     context.Context
	stop    context.CancelFunc
	ended   chan struct{}

	mu      sync.Mutex
	link    *link         // nil while there is no connection
	linked  chan struct{} // closed once there is one
	last    proxy.State
	nextID  uint64
	waiting map[uint64]chan error
}

// link is a connection to the proxy.
type link struct {
	conn net.Conn
	out  *json.Encoder
	pid  int
}

// ErrNoProxy says that the proxy can't be reached.
var ErrNoProxy = errors.New("the proxy can't be reached")

var _ proxy.Plane = (*Client)(nil)

// Open connects to the proxy, which is started if none answers. It fails when
// that fails; later the client tries again by itself.
func Open(ctx context.Context, o Options) (*Client, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{options: o, ended: make(chan struct{}), linked: make(chan struct{}), waiting: map[uint64]chan error{}}
	c.ctx, c.stop = context.WithCancel(context.Background())
	first, in, err := c.dial(ctx)
	if err != nil {
		c.stop()
		return nil, err
	}
	c.attach(first)
	go c.run(first, in)
	return c, nil
}

// run holds the connection until the client is closed.
func (c *Client) run(l *link, in *json.Decoder) {
	defer close(c.ended)
	for {
		c.receive(in)
		c.detach(l)
		for pause := 5 * time.Millisecond; c.ctx.Err() == nil; pause = min(2*pause, time.Second) {
			var err error
			if l, in, err = c.dial(c.ctx); err == nil {
				break
			}
			if c.ctx.Err() == nil {
				c.options.Log.Error("proxy", "err", err)
			}
			select {
			case <-c.ctx.Done():
			case <-time.After(pause):
			}
		}
		if c.ctx.Err() != nil {
			return
		}
		c.attach(l)
	}
}

// attach makes a connection the one in use and sends the last configuration.
func (c *Client) attach(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = l
	close(c.linked)
	if c.ctx.Err() != nil {
		l.conn.Close()
		return
	}
	if c.last.Set() {
		c.nextID++
		last := c.last.Config()
		if err := l.out.Encode(request{ID: c.nextID, Apply: &last}); err != nil {
			l.conn.Close()
		}
	}
}

func (c *Client) detach(l *link) {
	l.conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.linked = nil, make(chan struct{})
	for id, done := range c.waiting {
		done <- ErrNoProxy
		delete(c.waiting, id)
	}
}

// receive takes in replies until the connection ends.
func (c *Client) receive(in *json.Decoder) {
	for {
		var r reply
		if in.Decode(&r) != nil {
			return
		}
		if r.Report != nil {
			c.feed.Say(*r.Report)
			continue
		}
		c.mu.Lock()
		done := c.waiting[r.ID]
		delete(c.waiting, r.ID)
		c.mu.Unlock()
		if done != nil {
			done <- r.err()
		} else if err := r.err(); err != nil {
			c.options.Log.Error("proxy configuration applied again", "err", err)
		}
	}
}

// Apply implements proxy.Plane. While there is no proxy it waits for one until
// ctx ends.
func (c *Client) Apply(ctx context.Context, config proxy.Config) error {
	c.mu.Lock()
	gone := c.last.Replace(config)
	c.mu.Unlock()
	return c.put(ctx, request{Apply: &config}, gone)
}

// Change implements proxy.Plane, and waits as Apply does.
func (c *Client) Change(ctx context.Context, change proxy.Change) error {
	c.mu.Lock()
	if !c.last.Set() {
		c.mu.Unlock()
		return proxy.ErrNotConfigured
	}
	gone := c.last.Merge(change)
	c.mu.Unlock()
	return c.put(ctx, request{Change: &change}, gone)
}

// put puts something in force, and forgets targets that are gone with that.
func (c *Client) put(ctx context.Context, r request, gone []proxy.TargetRef) error {
	err := c.ask(ctx, r)
	c.feed.Forget(gone...)
	return err
}

// Acknowledge implements proxy.Plane. What a proxy isn't told because it can't
// be reached, it is told with the next number.
func (c *Client) Acknowledge(ctx context.Context, number uint64) error {
	c.feed.Acknowledge(number)
	return c.ask(ctx, request{Ack: number})
}

// Reports implements proxy.Plane.
func (c *Client) Reports(ctx context.Context) <-chan proxy.Report { return c.feed.Reports(ctx) }

// ask sends a request and waits for its answer.
func (c *Client) ask(ctx context.Context, r request) error {
	for {
		done, linked, err := c.send(&r)
		if err != nil {
			return err
		}
		if done == nil {
			select {
			case <-linked:
				continue
			case <-ctx.Done():
				return fmt.Errorf("%w: %w", ErrNoProxy, ctx.Err())
			case <-c.ctx.Done():
				return fmt.Errorf("%w: the client is closed", ErrNoProxy)
			}
		}
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// send sends a request, or returns what to wait for when there is no connection.
func (c *Client) send(r *request) (done chan error, linked chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil || c.ctx.Err() != nil {
		return nil, c.linked, nil
	}
	c.nextID++
	r.ID = c.nextID
	done = make(chan error, 1)
	c.waiting[r.ID] = done
	if err := c.link.out.Encode(r); err != nil {
		delete(c.waiting, r.ID)
		c.link.conn.Close()
		return nil, nil, fmt.Errorf("%w: %w", ErrNoProxy, err)
	}
	return done, nil, nil
}

// PID is the proxy's process, 0 while there is none.
func (c *Client) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return 0
	}
	return c.link.pid
}

// Close leaves the proxy, which goes on as it was configured last.
func (c *Client) Close() error {
	c.stop()
	c.mu.Lock()
	if c.link != nil {
		c.link.conn.Close()
	}
	c.mu.Unlock()
	<-c.ended
	return nil
}
