package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/internal/clock"
)

// Dial connects to a target, from where its load balancer is.
type Dial func(ctx context.Context, addr netip.AddrPort) (net.Conn, error)

// checker makes single checks.
type checker struct {
	dial    Dial
	addr    netip.AddrPort
	check   proxy.HealthCheck
	matcher Matcher
	version string
}

// once checks the target.
func (c *checker) once(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, c.check.Timeout)
	defer cancel()
	if c.check.Protocol != proxy.TCP && c.version != "" && c.version != proxy.HTTP1 {
		return c.http2(ctx)
	}
	conn, err := c.dial(ctx, c.addr)
	if err != nil {
		return failure(err)
	}
	defer conn.Close()
	if c.check.Protocol == proxy.TCP {
		return Result{}
	}
	conn.SetDeadline(clock.System{}.Now().Add(c.check.Timeout))
	if c.check.Protocol == proxy.HTTPS {
		conn = tls.Client(conn, targetTLS())
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n", c.check.Path, c.addr)
	if _, err := conn.Write([]byte(request)); err != nil {
		return failure(err)
	}
	head, err := http1.NewReader(conn).Head(http1.MaxResponseHead)
	if err != nil {
		return failure(err)
	}
	var resp http1.Response
	if err := resp.Parse(head, "GET"); err != nil {
		return failure(err)
	}
	return c.judge(resp.Status)
}

// targetTLS doesn't verify: load balancers take any certificate of a target.
func targetTLS() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
}

func (c *checker) judge(code int) Result {
	if c.matcher.Match(code) {
		return Result{}
	}
	return Result{Reason: proxy.ReasonMismatch, Code: code}
}

// http2 checks by HTTP/2 with prior knowledge, and for gRPC by its status.
func (c *checker) http2(ctx context.Context) Result {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	protocols.SetHTTP2(true)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return c.dial(ctx, c.addr) }
	transport := &http.Transport{DialContext: dial, Protocols: &protocols, TLSClientConfig: targetTLS()}
	defer transport.CloseIdleConnections()
	scheme := "http"
	if c.check.Protocol == proxy.HTTPS {
		scheme = "https"
	}
	grpc := c.version == proxy.GRPC
	method, body := "GET", []byte(nil)
	if grpc {
		method, body = "POST", make([]byte, 5) // an empty message
	}
	req, err := http.NewRequestWithContext(ctx, method, scheme+"://"+c.addr.String()+c.check.Path, bytes.NewReader(body))
	if err != nil {
		return failure(err)
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	if grpc {
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("Te", "trailers")
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return failure(err)
	}
	defer resp.Body.Close()
	if !grpc {
		return c.judge(resp.StatusCode)
	}
	return c.grpcStatus(resp)
}

// grpcStatus finds the status in the header of an answer without messages, or
// in the trailer.
func (c *checker) grpcStatus(resp *http.Response) Result {
	status := resp.Header.Get("Grpc-Status")
	if status == "" {
		var sink [512]byte
		for n := 0; n < 1<<20; n += len(sink) {
			if _, err := resp.Body.Read(sink[:]); err != nil {
				break
			}
		}
		status = resp.Trailer.Get("Grpc-Status")
	}
	code, err := strconv.Atoi(status)
	if err != nil {
		return Result{Reason: proxy.ReasonFailed}
	}
	return c.judge(code)
}

// failure tells a timeout from the rest.
func failure(err error) Result {
	var timeout interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return Result{Reason: proxy.ReasonTimeout}
	}
	return Result{Reason: proxy.ReasonFailed}
}

// pause waits unless ctx ends.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
