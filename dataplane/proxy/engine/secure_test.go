package engine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// certificate makes a self-signed certificate for a name.
func certificate(t *testing.T, name string) proxy.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return proxy.Certificate{Chain: text("CERTIFICATE", der), Key: text("PRIVATE KEY", pkcs8)}
}

// secure makes the world's listener one for HTTPS.
func (w *world) secure() *world {
	w.listener().Protocol = proxy.HTTPS
	w.listener().Certificates = []proxy.Certificate{certificate(w.t, "a.example"), certificate(w.t, "b.example")}
	return w
}

// httpClient is a client for a server name, which trusts anything.
func httpClient(name string, http2 bool) *http.Client {
	var p http.Protocols
	p.SetHTTP1(!http2)
	p.SetHTTP2(http2)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{ServerName: name, InsecureSkipVerify: true}, Protocols: &p,
	}}
}

// seen is a backend that tells what reached it.
func seen(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Connection", "X-Hop")
		w.Header().Set("X-Hop", "1")
		fmt.Fprintf(w, "%s %s %s %q proto=%s tls=%s body=%d", r.Proto, r.Method, r.RequestURI, r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Amzn-Tls-Version"), r.Host, len(b))
	}
}

func TestTLS(t *testing.T) {
	w := newWorld(t, backend(t, seen(t))).secure()
	w.lb().Attributes.TLSHeaders = true
	w.apply().await(proxy.StateHealthy)
	for _, http2 := range []bool{false, true} {
		for name, want := range map[string]string{"a.example": "a.example", "b.example": "b.example", "c.example": "a.example"} {
			c := httpClient(name, http2)
			resp, err := c.Post("https://"+w.addr()+"/p?q", "text/plain", strings.NewReader(strings.Repeat("x", 100000)))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.ProtoMajor == 2 != http2 {
				t.Fatalf("%s %v", resp.Proto, err)
			}
			if cn := resp.TLS.PeerCertificates[0].Subject.CommonName; cn != want {
				t.Errorf("%s got the certificate of %s", name, cn)
			}
			if got := string(b); got != `HTTP/1.1 POST /p?q "https" proto=TLSv1.3 tls=`+w.addr()+" body=100000" {
				t.Error(got)
			}
			if resp.Header.Get("X-Hop") != "" {
				t.Error("a field of the target's connection was passed on")
			}
			c.CloseIdleConnections()
		}
	}
}

func TestHTTP2Refusals(t *testing.T) {
	w := newWorld(t).secure().apply()
	c := httpClient("a.example", true)
	resp, err := c.Get("https://" + w.addr() + "/")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 503 || !strings.Contains(string(b), "503 Service Temporarily Unavailable") || resp.Header.Get("Server") != "awselb/2.0" {
		t.Errorf("%d %q", resp.StatusCode, b)
	}
	w.lb().Attributes.NoHTTP2 = true
	w.apply()
	c.CloseIdleConnections()
	if resp, err := httpClient("a.example", true).Get("https://" + w.addr() + "/"); err == nil {
		resp.Body.Close()
		t.Error("HTTP/2 was agreed on though it is off")
	}
}

func TestMissingCertificate(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.listener().Protocol = proxy.HTTPS
	if err := w.engine.Apply(t.Context(), w.config); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Error(err)
	}
	w.secure().listener().Certificates[1].Key = "x"
	if err := w.engine.Apply(t.Context(), w.config); err == nil || !strings.Contains(err.Error(), "certificate 2") {
		t.Error(err)
	}
}

func TestSecurityPolicies(t *testing.T) {
	for policy, want := range map[string]uint16{
		"": tls.VersionTLS12, "ELBSecurityPolicy-TLS13-1-2-2021-06": tls.VersionTLS12, "ELBSecurityPolicy-TLS13-1-3-2021-06": tls.VersionTLS13,
		"ELBSecurityPolicy-2016-08": tls.VersionTLS10, "ELBSecurityPolicy-TLS-1-1-2017-01": tls.VersionTLS11, "ELBSecurityPolicy-FS-1-2-2019-08": tls.VersionTLS12,
	} {
		if got := lowestVersion(policy); got != want {
			t.Errorf("%s: %x", policy, got)
		}
	}
}

// h2c runs a server that speaks HTTP/2 without TLS.
func h2c(t *testing.T, h http.HandlerFunc) proxy.Target {
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	a := addrPort(s.Listener.Addr())
	return proxy.Target{Address: a.Addr(), Port: a.Port()}
}

func TestHTTP2Targets(t *testing.T) {
	w := newWorld(t).secure()
	w.group().Version = proxy.GRPC
	w.group().Health.Matcher = "0-99"
	w.group().Targets = []proxy.Target{h2c(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %q", r.Proto, r.Header.Get("Te"), b)
		w.Header().Set("Grpc-Status", "0")
	})}
	w.apply().await(proxy.StateHealthy)
	c := httpClient("a.example", true)
	req, err := http.NewRequest("POST", "https://"+w.addr()+"/pkg.Service/Method", strings.NewReader("message"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Te", "trailers")
	req.Header.Set("Content-Type", "application/grpc")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(b) != `HTTP/2.0 trailers "message"` || resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("%q %v %v", b, resp.Trailer, err)
	}
	if resp, err := c.Get("https://" + w.addr() + "/"); err != nil || resp.StatusCode != 464 {
		t.Errorf("GET to gRPC: %v %v", resp, err)
	}
	if resp, err := httpClient("a.example", false).Post("https://"+w.addr()+"/", "", nil); err != nil || resp.StatusCode != 464 {
		t.Errorf("HTTP/1.1 to gRPC: %v %v", resp, err)
	}
	// Of errors of its own a load balancer tells in HTTP's words; gRPC's clients
	// make UNAVAILABLE of this one (gRPC, "HTTP to gRPC Status Code Mapping").
	w.group().Targets = nil
	w.apply()
	failed, err := httpClient("a.example", true).Do(req.Clone(t.Context()))
	if err != nil || failed.StatusCode != 503 || failed.Header.Get("Content-Type") != "text/html" || failed.Header.Get("Grpc-Status") != "" {
		t.Errorf("no target: %+v %v", failed, err)
	}
}
