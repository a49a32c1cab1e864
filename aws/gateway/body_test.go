package gateway

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func zip(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// encoded sends an Echo call with a body and Content-Encoding of one's own.
func (h *house) encoded(t *testing.T, service, coding string, body []byte) reply {
	t.Helper()
	r := h.request(t, service, "")
	r.Header.Set("Content-Encoding", coding)
	setBody(r, body)
	sign(t, r, rootKey, service, 0)
	return do(t, r)
}

func TestGzip(t *testing.T) {
	h := start(t, func(o *Options) { o.MaxBody = 1 << 16 })
	for service, body := range map[string]string{"ecs": `{"Text":"hello"}`, "sts": "Action=Echo&Version=2016-11-15&Text=hello"} {
		if got := h.encoded(t, service, "gzip", zip(t, []byte(body))); got.status != 200 || !strings.Contains(got.body, "hello") {
			t.Errorf("%s: %+v", service, got)
		}
	}
	bomb := zip(t, bytes.Repeat([]byte(" "), 1<<20))
	expectError(t, h.encoded(t, "ecs", "gzip", bomb), 413, "RequestEntityTooLarge", "")
	expectError(t, h.encoded(t, "ecs", "gzip", []byte("not gzip")), 400, "SerializationException", "gzip")
	whole := zip(t, []byte(`{"Text":"hello"}`))
	expectError(t, h.encoded(t, "ecs", "gzip", whole[:len(whole)-4]), 400, "SerializationException", "gzip")
	expectError(t, h.encoded(t, "ecs", "br", nil), 415, "UnsupportedMediaType", "")
}

func TestChunkedBody(t *testing.T) {
	h := start(t, nil)
	for coding, payload := range map[string][]byte{"aws-chunked": []byte(`{"Text":"hello"}`), "aws-chunked,gzip": zip(t, []byte(`{"Text":"hello"}`))} {
		r := h.request(t, "s3", "")
		r.Header.Set("Content-Encoding", coding)
		r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
		setBody(r, fmt.Appendf(nil, "%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", len(payload), payload))
		sign(t, r, rootKey, "s3", 0)
		if got := do(t, r); got.status != 200 || !strings.Contains(got.body, `"Text":"hello"`) {
			t.Errorf("%s: %+v", coding, got)
		}
	}
	// net/http's own chunks, without a Content-Length
	r := h.request(t, "ecs", "hello")
	sign(t, r, rootKey, "ecs", 0)
	r.Header.Del("Content-Length")
	a := r.Header.Get("Authorization")
	if !strings.Contains(a, "content-length") {
		t.Fatal(a)
	}
	r2 := h.request(t, "ecs", "hello")
	body := bodyOf(t, r2)
	r2.ContentLength = -1
	sign(t, r2, rootKey, "ecs", 0)
	r2.Body = io.NopCloser(bytes.NewReader(body))
	if got := do(t, r2); got.status != 200 {
		t.Errorf("%+v", got)
	}
}

func TestOversize(t *testing.T) {
	h := start(t, func(o *Options) { o.MaxBody = 1000 })
	long := strings.Repeat("x", 1000)
	for _, service := range []string{"ecs", "sts"} {
		expectError(t, h.call(t, service, long, rootKey), 413, "RequestEntityTooLarge", "")
	}
	r := h.request(t, "ecs", long) // no length announced
	sign(t, r, rootKey, "ecs", 0)
	r.ContentLength = -1
	r.Body = io.NopCloser(bytes.NewReader(bodyOf(t, r)))
	expectError(t, do(t, r), 413, "RequestEntityTooLarge", "")
}

// dial sends raw text and returns the connection.
func (h *house) dial(t *testing.T, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSlowBody(t *testing.T) {
	h := start(t, func(o *Options) { o.BodyTimeout = 20 * time.Millisecond })
	c := h.dial(t, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: ECS_V1.Echo\r\nContent-Length: 100\r\n\r\n{")
	got, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 408 ") || !strings.Contains(string(got), "RequestTimeout") {
		t.Errorf("%s %v", got, err)
	}
}

func TestTruncatedBody(t *testing.T) {
	h := start(t, nil)
	c := h.dial(t, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: ECS_V1.Echo\r\nContent-Length: 100\r\n\r\n{")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil || !strings.Contains(string(got), "IncompleteBody") {
		t.Errorf("%s %v", got, err)
	}
}

func TestOversizeHeaders(t *testing.T) {
	h := start(t, nil)
	r := h.request(t, "ecs", "hello")
	r.Header.Set("X-Long", strings.Repeat("x", maxHeader+8<<10))
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Error(resp.Status)
	}
}
