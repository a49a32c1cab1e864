package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/internal/clock"
)

// transport2 returns the pool's transport to an HTTP/2 target: with prior
// knowledge on plain connections, by ALPN on TLS.
func (p *pool) transport2(idle time.Duration) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.transport == nil {
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		protocols.SetHTTP2(true)
		p.transport = &http.Transport{
			Protocols: &protocols, TLSClientConfig: targetTLS(), DisableCompression: true, IdleConnTimeout: idle,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, connectTimeout)
				defer cancel()
				return p.node.dial(ctx, p.target.Ref.Addr)
			},
		}
	}
	return p.transport
}

// forwardHTTP2 gives the request to a target of a group whose version is HTTP2
// or GRPC. Only HTTP/2 clients may use it (Elastic Load Balancing user guide,
// "HTTP 464").
func (x *exchange) forwardHTTP2() {
	body, ok := x.source.(*source2)
	if !ok || x.group.Version == proxy.GRPC && x.req.Method != "POST" {
		x.own(464)
		return
	}
	ctx, cancel := context.WithCancelCause(body.request.Context())
	defer cancel(nil)
	idle := x.lst.lb.idle()
	late := time.AfterFunc(idle, func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()
	out, status := x.request2(ctx, body)
	if status != 0 {
		x.own(status)
		return
	}
	x.asked = clock.Monotonic()
	resp, err := x.lst.node.pool(x.target).transport2(idle).RoundTrip(out)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			x.lst.counter.ConnectionError()
			x.group.counter(x.lst.node).ConnectionError()
		}
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			err = context.DeadlineExceeded
		}
		x.own(gatewayStatus(err))
		return
	}
	defer resp.Body.Close()
	x.resp = http1.Response{Status: resp.StatusCode, Minor: 1, Fields: fieldsOf(resp.Header), Length: resp.ContentLength}
	x.answered(resp.StatusCode)
	x.stick()
	x.answerHead()
	x.sink.head(&x.answer)
	x.started = true
	x.stream2(resp, late, idle)
}

// request2 makes the request for the target.
func (x *exchange) request2(ctx context.Context, body *source2) (*http.Request, int) {
	scheme := "http"
	if x.group.Protocol == proxy.HTTPS {
		scheme = "https"
	}
	out := (&http.Request{
		Method: x.req.Method, Host: x.host(), Header: http.Header{}, ContentLength: body.request.ContentLength,
		URL:   &url.URL{Scheme: scheme, Host: x.target.Ref.Addr.String(), Opaque: opaque(x.req.Target)},
		Proto: "HTTP/2.0", ProtoMajor: 2,
	}).WithContext(ctx)
	if body.request.ContentLength != 0 {
		out.Body, out.Trailer = io.NopCloser(body), body.request.Trailer
	}
	status := x.fields(func(name, value string) {
		if name != "Host" {
			out.Header.Add(name, value)
		}
	})
	if http1.Has(x.req.Get("Te"), "trailers") {
		out.Header.Set("Te", "trailers") // gRPC asks for them
	}
	return out, status
}

// opaque lets net/url pass a target on as it is. One that begins with two
// slashes would be taken for a host.
func opaque(target string) string {
	if strings.HasPrefix(target, "//") {
		return "/." + target[1:]
	}
	return target
}

// stream2 sends the answer on as it comes, with its trailers.
func (x *exchange) stream2(resp *http.Response, late *time.Timer, idle time.Duration) {
	buf := make([]byte, 16<<10)
	for {
		late.Reset(idle)
		n, err := resp.Body.Read(buf)
		if n > 0 {
			if werr := x.sink.write(buf[:n]); werr != nil {
				x.broken = true
				return
			}
			if x.sink.Flush() != nil {
				x.broken = true
				return
			}
		}
		if err == io.EOF {
			if x.sink.end(fieldsOf(resp.Trailer)) != nil {
				x.broken = true
			}
			return
		}
		if err != nil {
			x.broken = true
			return
		}
	}
}
