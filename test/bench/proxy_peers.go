package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/control"
	"kaimon.dev/kaimon/test/live"
)

// asReverseProxy makes this program the standard library's proxy, in the way
// that the variable says.
const asReverseProxy = "KAIMON_BENCH_REVERSE_PROXY"

// prepare makes the certificate of the proxies.
func (w *proxyWorld) prepare() error {
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"bench"}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	w.certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	w.key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	for name, text := range map[string]string{"cert.pem": w.certificate, "key.pem": w.key, "both.pem": w.certificate + w.key} {
		if err := os.WriteFile(w.file(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (w *proxyWorld) file(name string) string { return filepath.Join(w.dir, name) }

func (w *proxyWorld) kaimon(ctx context.Context, version int) (*peer, error) {
	socket, address := w.file("proxy.sock"), w.next()
	c, err := control.Open(ctx, control.Options{
		Socket: socket, Command: []string{live.Binary(), "proxy", "--socket", socket}, LogFile: w.file("proxy.log"),
	})
	if err != nil {
		return nil, err
	}
	p := &peer{name: "kaimon proxy", address: address, pid: c.PID(), stop: func() {
		c.Close()
		control.Down(context.WithoutCancel(ctx), socket)
	}}
	l := proxy.Listener{ID: "l", Port: address.Port(), Protocol: proxy.HTTP, Default: proxy.Action{
		Forward: &proxy.Forward{Groups: []proxy.WeightedGroup{{Group: "web", Weight: 1}}},
	}}
	if version == 2 {
		l.Protocol, l.Certificates = proxy.HTTPS, []proxy.Certificate{{Chain: w.certificate, Key: w.key}}
	}
	err = c.Apply(ctx, proxy.Config{
		LoadBalancers: []proxy.LoadBalancer{{
			ID: "lb", Type: proxy.Application, Nodes: []proxy.Node{{Address: address.Addr()}}, Listeners: []proxy.Listener{l},
		}},
		TargetGroups: []proxy.TargetGroup{{
			ID: "web", Protocol: proxy.HTTP, Targets: []proxy.Target{{Address: w.target.Addr(), Port: w.target.Port()}},
		}},
	})
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (w *proxyWorld) haproxy(ctx context.Context, version int) (*peer, error) {
	address, tls := w.next(), ""
	if version == 2 {
		tls = " ssl crt " + w.file("both.pem") + " alpn h2"
	}
	text := fmt.Sprintf(`global
 nbthread 1
defaults
 mode http
 timeout connect 5s
 timeout client 60s
 timeout server 60s
 option forwardfor
 http-reuse always
frontend f
 bind %s%s
 default_backend b
backend b
 server s %s
`, address, tls, w.target)
	if err := os.WriteFile(w.file("haproxy.cfg"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	return w.spawn(ctx, "haproxy", address, "haproxy", "-db", "-f", w.file("haproxy.cfg"))
}

func (w *proxyWorld) nginx(ctx context.Context, version int) (*peer, error) {
	address, tls := w.next(), ""
	if version == 2 {
		tls = " ssl http2; ssl_certificate " + w.file("cert.pem") + "; ssl_certificate_key " + w.file("key.pem")
	}
	text := fmt.Sprintf(`daemon off; master_process off; worker_processes 1; error_log /dev/null; pid %[4]s/nginx.pid;
events { worker_connections 4096; }
http {
 access_log off; keepalive_requests 100000000;
 client_body_temp_path %[4]s/b; proxy_temp_path %[4]s/p; fastcgi_temp_path %[4]s/f; uwsgi_temp_path %[4]s/u; scgi_temp_path %[4]s/s;
 upstream u { server %[1]s; keepalive 512; keepalive_requests 100000000; }
 server { listen %[2]s%[3]s; location / {
  proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
 } }
}
`, w.target, address, tls, w.dir)
	if err := os.WriteFile(w.file("nginx.conf"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	return w.spawn(ctx, "nginx", address, "nginx", "-c", w.file("nginx.conf"))
}

// reverseProxy is the standard library's, with a tuned transport.
func (w *proxyWorld) reverseProxy(ctx context.Context, version int) (*peer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address := w.next()
	config := strings.Join([]string{address.String(), w.target.String(), w.dir, fmt.Sprint(version)}, " ")
	return w.spawn(ctx, "ReverseProxy", address, "env", "GOGC=400", asReverseProxy+"="+config, self)
}

// runReverseProxy is what the variable asks for, until the end; false if it isn't set.
func runReverseProxy() bool {
	fields := strings.Fields(os.Getenv(asReverseProxy))
	if len(fields) != 4 {
		return false
	}
	p := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: fields[1]})
			r.SetXForwarded()
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true},
	}
	var err error
	s := http.Server{Addr: fields[0], Handler: p, ErrorLog: log.New(io.Discard, "", 0)}
	if fields[3] == "2" {
		err = s.ListenAndServeTLS(filepath.Join(fields[2], "cert.pem"), filepath.Join(fields[2], "key.pem"))
	} else {
		err = s.ListenAndServe()
	}
	fmt.Fprintln(os.Stderr, err)
	return true
}
