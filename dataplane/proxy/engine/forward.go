package engine

import (
	"context"
	"errors"
	"io"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/internal/clock"
)

const (
	maxGathered = 16 << 10               // larger bodies stream while the answer is awaited
	patience    = 100 * time.Millisecond // with a client that sends on after the answer
)

// forward gives the request to a target and brings the answer back.
func (x *exchange) forward(a *action) {
	status := x.choose(a, nil)
	if status != 0 {
		x.own(status)
		return
	}
	defer func() { x.target.End() }()
	x.lst.counter.Request()
	x.group.counter(x.lst.node).Request()
	if x.group.Version == proxy.GRPC {
		x.lst.counter.GRPC()
		x.group.counter(x.lst.node).GRPC()
	}
	if x.req.Upgrade == "" && versionOf(x.group) != proxy.HTTP1 {
		x.forwardHTTP2()
		return
	}
	if status := x.compose(); status != 0 {
		x.own(status)
		return
	}
	whole, err := x.gatherBody()
	if err != nil {
		x.clientFailed(err)
		return
	}
	for attempt := 0; ; attempt++ {
		u, err := x.connect(a, attempt)
		if err != nil {
			x.own(gatewayStatus(err))
			return
		}
		if !x.try(u, whole, attempt) {
			return
		}
	}
}

// gatherBody takes a small body into the request, so that the request is sent
// as one and may be sent again.
func (x *exchange) gatherBody() (whole bool, err error) {
	if x.req.Length == 0 {
		return true, nil
	}
	if err := x.source.proceed(); err != nil {
		return false, err
	}
	if x.req.Length == http1.Chunked || x.req.Length > maxGathered {
		return false, nil
	}
	return true, x.source.gather(x.outgoing)
}

// connect finds a connection to the target, or to another one when the first
// can't be connected to: nothing has been sent yet.
func (x *exchange) connect(a *action, attempt int) (*upstream, error) {
	u, err := x.connection(attempt > 0)
	if err == nil {
		return u, nil
	}
	if x.group.Len() < 2 {
		return nil, err
	}
	first := x.target
	group := x.group
	if x.choose(a, first) != 0 {
		return nil, err
	}
	if x.group != group { // a new configuration: its head would be another
		x.target.End()
		x.target, x.group = first, group
		return nil, err
	}
	first.End()
	return x.connection(false)
}

// connection gets a connection to the target, and counts what comes of it.
func (x *exchange) connection(fresh bool) (*upstream, error) {
	u, err := x.lst.node.pool(x.target).get(context.Background(), x.lst.lb.idle(), fresh)
	switch {
	case errors.Is(err, errTargetTLS):
		x.lst.counter.TargetTLSError()
		x.group.counter(x.lst.node).TargetTLSError()
	case err != nil:
		x.lst.counter.ConnectionError()
		x.group.counter(x.lst.node).ConnectionError()
	case !u.counted:
		u.counted = true
		u.countFor(x.lst.counter)
	}
	return u, err
}

// try sends the request over a connection and relays the answer. It returns
// true when the request is to be tried again: the target has closed a
// connection that was kept alive just as it was used.
func (x *exchange) try(u *upstream, whole bool, attempt int) (again bool) {
	x.asked = clock.Monotonic()
	if _, err := u.Write(x.outgoing.Pending()); err != nil {
		u.discard()
		if u.old && whole && attempt == 0 {
			return true
		}
		x.own(gatewayStatus(err))
		return false
	}
	var up *upload
	if !whole {
		up = startUpload(x, u)
	}
	if err := x.awaitHead(u); err != nil {
		u.discard()
		stale := u.old && (err == io.EOF || errors.Is(err, errReset))
		if stale && whole && attempt == 0 && canRetry(x.req.Method) {
			return true
		}
		if up != nil {
			if cerr := up.cancel(); cerr != nil {
				x.clientFailed(cerr)
				return false
			}
		}
		x.own(gatewayStatus(err))
		return false
	}
	x.answered(x.resp.Status)
	if x.resp.Status == 101 {
		x.tunnel(u)
		return false
	}
	x.relay(u, up)
	return false
}

// awaitHead reads the answer's head, past any 1xx (RFC 9110, 15.2).
func (x *exchange) awaitHead(u *upstream) error {
	for {
		head, err := u.in.Head(http1.MaxResponseHead)
		if err != nil {
			return resetError(err)
		}
		if err := x.resp.Parse(head, x.req.Method); err != nil {
			return err
		}
		if x.resp.Status == 101 && x.req.Upgrade == "" {
			return errors.New("target changed the protocol without being asked")
		}
		if x.resp.Status >= 200 || x.resp.Status == 101 {
			return nil
		}
	}
}

// relay sends the answer on to the client.
func (x *exchange) relay(u *upstream, up *upload) {
	x.stick()
	x.answerHead()
	x.sink.head(&x.answer)
	x.started = true
	x.respBody.Reset(u.in, x.resp.Length)
	err := x.relayBody(u)
	if up != nil {
		if !up.finished() {
			x.close = true
			up.cancel()
			err = errors.Join(err, errUnread)
		}
	}
	if err != nil || x.resp.Close || x.req.Grade >= http1.Ambiguous {
		u.discard()
	} else {
		u.put()
	}
}

var errUnread = errors.New("the target answered before it had the whole request")

// relayBody sends the body on; what is there leaves before more is waited for.
func (x *exchange) relayBody(u *upstream) error {
	u.in.FlushBefore(x.sink)
	defer u.in.FlushBefore(nil)
	for {
		p, err := x.respBody.Next()
		if err == io.EOF {
			return x.sink.end(x.respBody.Trailer)
		}
		if err == nil {
			err = x.sink.write(p)
		}
		if err != nil {
			x.broken = true
			return err
		}
	}
}

// upload sends a request's body to the target while the answer is awaited.
type upload struct {
	x    *exchange
	done chan error // the client's failure, or nil
}

func startUpload(x *exchange, u *upstream) *upload {
	up := &upload{x: x, done: make(chan error, 1)}
	chunked := x.req.Length == http1.Chunked
	go func() {
		err := up.run(u, chunked)
		if err != nil {
			u.expire() // whoever waits for an answer waits in vain
		}
		up.done <- err
	}()
	return up
}

func (up *upload) run(u *upstream, chunked bool) error {
	src := up.x.source
	src.flushBefore(u.out)
	defer src.flushBefore(nil)
	for {
		p, err := src.Next()
		var flush *http1.FlushError
		switch {
		case err == io.EOF:
			if chunked {
				http1.WriteLastChunk(u.out, src.trailer())
			}
			u.out.Flush()
			return nil
		case errors.As(err, &flush):
			return nil // the target's failure; it may have answered
		case err != nil:
			return err
		}
		if chunked {
			err = http1.WriteChunk(u.out, p)
		} else {
			_, err = u.out.Write(p)
		}
		if err != nil {
			return nil
		}
	}
}

// finished says whether the body has been sent, with some patience.
func (up *upload) finished() bool {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case err := <-up.done:
		up.done <- err
		return err == nil
	case <-t.C:
		return false
	}
}

// cancel ends the upload and returns the client's failure, if that ended it.
func (up *upload) cancel() error {
	select {
	case err := <-up.done:
		return err
	default:
	}
	up.x.source.abort()
	<-up.done
	return nil
}
