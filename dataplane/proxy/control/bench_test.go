package control

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/testenv"
)

const (
	benchRequest  = "GET /index.html HTTP/1.1\r\nHost: bench.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
	benchBody     = 100
	benchResponse = "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Fri, 20 Nov 2026 22:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n"
)

// peer is a proxy in a process of its own.
type peer struct {
	name  string
	start func(b *testing.B, target netip.AddrPort, port uint16) (pid int)
}

// BenchmarkProxy compares CPU per request with proxies that are installed. The
// other end of both sides is this process; only the proxy's CPU counts.
func BenchmarkProxy(b *testing.B) {
	testenv.NeedRoot(b)
	target := benchTarget(b)
	for _, p := range []peer{{"kaimon", startKaimon}, {"ReverseProxy", startReverseProxy}, {"haproxy", startHAProxy}, {"nginx", startNginx}} {
		b.Run(p.name, func(b *testing.B) {
			port := benchPort(b)
			pid := p.start(b, target, port)
			for _, conns := range []int{1, 32, 256} {
				b.Run(strconv.Itoa(conns), func(b *testing.B) { load(b, port, conns, pid) })
			}
		})
	}
}

// load sends b.N requests over conns connections.
func load(b *testing.B, port uint16, conns, pid int) {
	clients := make([]net.Conn, conns)
	for i := range clients {
		clients[i] = benchDial(b, port)
		defer clients[i].Close()
	}
	cpu := cpuOf(b, pid)
	took := make([][]time.Duration, conns)
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, c := range clients {
		n := b.N / conns
		if i < b.N%conns {
			n++
		}
		wg.Go(func() {
			r := bufio.NewReader(c)
			for range n {
				began := time.Now()
				if _, err := io.WriteString(c, benchRequest); err != nil {
					b.Error(err)
					return
				}
				if err := readBenchResponse(r); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpuOf(b, pid)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

func readBenchResponse(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			_, err := r.Discard(benchBody)
			return err
		}
	}
}

// benchTarget answers every request alike.
func benchTarget(b *testing.B) netip.AddrPort {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	answer := []byte(benchResponse + strings.Repeat("x", benchBody))
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
						c.Write(answer)
					}
				}
			}()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func startKaimon(b *testing.B, target netip.AddrPort, port uint16) int {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	socket := filepath.Join(b.TempDir(), "proxy.sock")
	c, err := Open(b.Context(), Options{Socket: socket, Command: []string{"/usr/bin/env", "GOGC=400", asProxy + "=" + socket, self}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		c.Close()
		Down(context.Background(), socket)
	})
	err = c.Apply(b.Context(), proxy.Config{
		LoadBalancers: []proxy.LoadBalancer{{
			ID: "lb", Type: proxy.Application, Nodes: []proxy.Node{{Address: target.Addr()}},
			Listeners: []proxy.Listener{{ID: "l", Port: port, Protocol: proxy.HTTP, Default: proxy.Action{
				Forward: &proxy.Forward{Groups: []proxy.WeightedGroup{{Group: "web", Weight: 1}}},
			}}},
		}},
		TargetGroups: []proxy.TargetGroup{{ID: "web", Protocol: proxy.HTTP, Targets: []proxy.Target{{Address: target.Addr(), Port: target.Port()}}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return c.PID()
}

// startReverseProxy is the standard library's proxy, with a tuned transport.
func startReverseProxy(b *testing.B, target netip.AddrPort, port uint16) int {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "GOGC=400", asReverseProxy+"="+fmt.Sprintf("127.0.0.1:%d %s", port, target))
	return startProcess(b, port, cmd)
}

func runReverseProxy(config string) {
	listen, target, _ := strings.Cut(config, " ")
	p := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: target}); r.SetXForwarded() },
		Transport: &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true},
	}
	fmt.Fprintln(os.Stderr, http.ListenAndServe(listen, p))
}

func startHAProxy(b *testing.B, target netip.AddrPort, port uint16) int {
	return startPeer(b, port, "haproxy", fmt.Sprintf("global\n nbthread 1\ndefaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n option forwardfor\n http-reuse always\nfrontend f\n bind 127.0.0.1:%d\n default_backend b\nbackend b\n server s %s\n", port, target), "-db", "-f")
}

func startNginx(b *testing.B, target netip.AddrPort, port uint16) int {
	return startPeer(b, port, "nginx", fmt.Sprintf("daemon off; master_process off; worker_processes 1; error_log /dev/null; pid /dev/null;\nevents { worker_connections 4096; }\nhttp { access_log off; client_body_temp_path %[3]s/b; proxy_temp_path %[3]s/p; fastcgi_temp_path %[3]s/f; uwsgi_temp_path %[3]s/u; scgi_temp_path %[3]s/s; keepalive_requests 10000000; upstream u { server %[1]s; keepalive 512; keepalive_requests 10000000; }\nserver { listen 127.0.0.1:%[2]d; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } } }\n", target, port, b.TempDir()), "-c")
}

// startPeer runs a proxy that is installed, with its configuration last.
func startPeer(b *testing.B, port uint16, name, config string, args ...string) int {
	path, err := exec.LookPath(name)
	if err != nil {
		b.Skip(name + " is not installed")
	}
	file := filepath.Join(b.TempDir(), name+".conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		b.Fatal(err)
	}
	return startProcess(b, port, exec.Command(path, append(args, file)...))
}

func startProcess(b *testing.B, port uint16, cmd *exec.Cmd) int {
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	benchDial(b, port).Close()
	return cmd.Process.Pid
}

func benchDial(b *testing.B, port uint16) net.Conn {
	for range 500 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return c
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("nobody listens")
	return nil
}

func benchPort(b *testing.B) uint16 {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

// cpuOf is the CPU time that a process has used (proc(5), stat).
func cpuOf(b *testing.B, pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
