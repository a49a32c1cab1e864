package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	plainRequest = "GET /index.html HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
	plainBody    = 100
	plainAnswer  = "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Fri, 20 Nov 2026 22:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n"
)

// startTarget answers every request alike, until the program ends.
func startTarget() (netip.AddrPort, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	answer := []byte(plainAnswer + strings.Repeat("x", plainBody))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadSlice('\n')
					if err != nil {
						return
					}
					if len(line) == 2 {
						if _, err := c.Write(answer); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	return netip.ParseAddrPort(l.Addr().String())
}

// awaitListener waits until somebody listens.
func awaitListener(ctx context.Context, address netip.AddrPort) error {
	var d net.Dialer
	for range 500 {
		c, err := d.DialContext(ctx, "tcp", address.String())
		if err == nil {
			return c.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("nobody listens at %s", address)
}

// asker asks once over a connection that it keeps.
type asker interface {
	ask() error
	io.Closer
}

// load asks over some connections for a turn. A pid of 0 has no CPU.
func load(address netip.AddrPort, version, connections, pid int) (proxyResult, error) {
	var clients []asker
	defer func() {
		for _, c := range clients {
			c.Close()
		}
	}()
	for range connections {
		c, err := dial(address, version)
		if err == nil {
			clients = append(clients, c)
			err = c.ask() // warms up
		}
		if err != nil {
			return proxyResult{}, err
		}
	}
	var before, after time.Duration
	var err error
	if pid != 0 {
		if before, err = cpuOf(pid); err != nil {
			return proxyResult{}, err
		}
	}
	took, failed := make([][]time.Duration, connections), make([]error, connections)
	begun := time.Now()
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() {
			for time.Since(begun) < proxyTurn {
				at := time.Now()
				if failed[i] = c.ask(); failed[i] != nil {
					return
				}
				took[i] = append(took[i], time.Since(at))
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(begun)
	if pid != 0 {
		if after, err = cpuOf(pid); err != nil {
			return proxyResult{}, err
		}
	}
	for _, err := range failed {
		if err != nil {
			return proxyResult{}, err
		}
	}
	all := slices.Concat(took...)
	return proxyResult{
		rate: float64(len(all)) / elapsed.Seconds(), cpu: (after - before) / time.Duration(len(all)),
		p50: quantile(all, 0.5), p99: quantile(all, 0.99),
	}, nil
}

// dial connects by a version of HTTP; 2 is over TLS.
func dial(address netip.AddrPort, version int) (asker, error) {
	if version == 2 {
		t := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
		return &asker2{t, "https://" + address.String() + "/index.html"}, nil
	}
	c, err := net.Dial("tcp", address.String())
	if err != nil {
		return nil, err
	}
	return &asker1{c, bufio.NewReader(c)}, nil
}

// asker1 is lean: the client's work mustn't hide the proxy's.
type asker1 struct {
	net.Conn
	r *bufio.Reader
}

func (a *asker1) ask() error {
	if _, err := io.WriteString(a.Conn, plainRequest); err != nil {
		return err
	}
	for first := true; ; first = false {
		line, err := a.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !strings.HasPrefix(string(line), "HTTP/1.1 200 ") {
			return fmt.Errorf("answer %q", line)
		}
		if len(line) == 2 {
			_, err := a.r.Discard(plainBody)
			return err
		}
	}
}

// asker2 is one connection of HTTP/2.
type asker2 struct {
	transport *http.Transport
	url       string
}

func (a *asker2) ask() error {
	r, err := http.NewRequest(http.MethodGet, a.url, nil)
	if err != nil {
		return err
	}
	resp, err := a.transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != plainBody || resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		return fmt.Errorf("%s, %d bytes of body: %w", resp.Status, n, err)
	}
	return nil
}

// Close implements io.Closer.
func (a *asker2) Close() error {
	a.transport.CloseIdleConnections()
	return nil
}
