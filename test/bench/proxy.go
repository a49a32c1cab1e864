package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// proxyTurn is how long one proxy is measured at once, proxyTurns how often.
	proxyTurn  = 700 * time.Millisecond
	proxyTurns = 3
	// cpuLimit is how much more CPU a request may cost than with haproxy.
	cpuLimit = 1.25
)

// proxyResult is what a proxy did in a turn.
type proxyResult struct {
	rate     float64 // requests a second
	cpu      time.Duration
	p50, p99 time.Duration
}

// measureProxy measures `kaimon proxy` beside nginx, haproxy and the standard
// library's ReverseProxy: answers of 100 bytes, kept-alive connections, clients
// and target in this process, whose CPU doesn't count. The proxies take turns, so
// that what else the machine does hits them alike; the turn with the least CPU a
// request counts. Latency is what a proxy adds to a direct connection.
func measureProxy(ctx context.Context, dir string, _ int) (table, error) {
	target, err := startTarget()
	if err != nil {
		return nil, err
	}
	w := &proxyWorld{dir: filepath.Join(dir, "proxy"), target: target}
	if err := w.prepare(); err != nil {
		return nil, err
	}
	var rows table
	for _, version := range []int{1, 2} {
		for _, connections := range []int{1, 32, 256} {
			some, err := w.compare(ctx, version, connections)
			rows = append(rows, some...)
			if err != nil {
				return rows, fmt.Errorf("proxies, HTTP/%d, %d connections: %w", version, connections, err)
			}
		}
	}
	return rows, nil
}

// compare measures every proxy at a version of HTTP and a number of connections.
func (w *proxyWorld) compare(ctx context.Context, version, connections int) (table, error) {
	var peers []*peer
	defer func() {
		for _, p := range peers {
			p.stop()
		}
	}()
	for _, start := range []func(context.Context, int) (*peer, error){w.kaimon, w.haproxy, w.nginx, w.reverseProxy} {
		p, err := start(ctx, version)
		if err != nil {
			return nil, err
		}
		if p != nil {
			peers = append(peers, p)
		}
	}
	direct, err := load(w.target, 1, connections, 0)
	if err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	turns := map[string][]proxyResult{}
	for range proxyTurns {
		for _, p := range peers {
			r, err := load(p.address, version, connections, p.pid)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			turns[p.name] = append(turns[p.name], r)
		}
	}
	best := map[string]proxyResult{}
	for name, all := range turns {
		best[name] = slices.MinFunc(all, func(a, b proxyResult) int { return cmp.Compare(a.cpu, b.cpu) })
	}
	var rows table
	for _, p := range peers {
		r := best[p.name]
		one := row{
			what: fmt.Sprintf("%s, HTTP/%d, %d connections", p.name, version, connections),
			value: fmt.Sprintf("%.1f µs CPU, %.0f/s, p50 +%s, p99 +%s", float64(r.cpu.Nanoseconds())/1000, r.rate,
				readable(max(r.p50-direct.p50, 0)), readable(max(r.p99-direct.p99, 0))),
		}
		if other, ok := best["haproxy"]; ok && p.name == "kaimon proxy" && version == 1 {
			one.target = fmt.Sprintf("≤ %.2f × haproxy", cpuLimit)
			one.met = float64(r.cpu) <= cpuLimit*float64(other.cpu)
			one.value += fmt.Sprintf(" (%.2f ×)", float64(r.cpu)/float64(other.cpu))
		}
		rows = append(rows, one)
	}
	return rows, nil
}

// peer is a proxy in a process of its own.
type peer struct {
	name    string
	address netip.AddrPort
	pid     int
	stop    func()
}

// proxyWorld is where proxies are configured.
type proxyWorld struct {
	dir, certificate, key string
	target                netip.AddrPort
	ports                 uint16
}

// next is an address that no proxy has yet.
func (w *proxyWorld) next() netip.AddrPort {
	w.ports++
	return netip.AddrPortFrom(w.target.Addr(), 20000+w.ports)
}

// spawn starts a proxy and waits until it listens. A program that isn't
// installed is no peer.
func (w *proxyWorld) spawn(ctx context.Context, name string, address netip.AddrPort, program string, args ...string) (*peer, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, nil
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &peer{name: name, address: address, pid: cmd.Process.Pid, stop: func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // as killed
	}}
	if err := awaitListener(ctx, address); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// cpuOf is the CPU time that a process has used (proc(5), stat).
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err
}
