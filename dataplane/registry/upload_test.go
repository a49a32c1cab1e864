package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
)

// do sends one request with good credentials; body is nil for none.
func (w *world) do(method, path string, body []byte, header ...string) *http.Response {
	w.Helper()
	if !strings.HasPrefix(path, "http") {
		path = "http://" + w.host + path
	}
	r, err := http.NewRequest(method, path, bytes.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.SetBasicAuth("AWS", "good")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp
}

// expect fails unless an answer has a status and, if given, an error's code.
func (w *world) expect(resp *http.Response, status int, code string) *http.Response {
	w.Helper()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != status || !strings.Contains(string(text), code) {
		w.Errorf("%s %s: %s %s, want %d %s", resp.Request.Method, resp.Request.URL.Path, resp.Status, text, status, code)
	}
	return resp
}

// begin starts an upload and returns its path.
func (w *world) begin() string {
	w.Helper()
	return w.expect(w.do("POST", "/v2/app/blobs/uploads/", nil), 202, "").Header.Get("Location")
}

func TestMonolithic(t *testing.T) {
	w := newWorld(t)
	data := []byte("in one piece")
	d := digest.FromBytes(data)
	w.expect(w.do("POST", "/v2/app/blobs/uploads/?digest="+d.String(), data), 201, "")
	resp := w.expect(w.do("GET", "/v2/app/blobs/"+d.String(), nil), 200, "in one piece")
	if resp.Header.Get("Docker-Content-Digest") != d.String() {
		t.Error("digest is missing")
	}
	w.expect(w.do("GET", "/v2/app/blobs/"+d.String(), nil, "Range", "bytes=3-5"), 206, "one")
	w.expect(w.do("HEAD", "/v2/app/blobs/"+d.String(), nil), 200, "")
	w.expect(w.do("GET", "/v2/team/base/blobs/"+d.String(), nil), 404, "BLOB_UNKNOWN")
	// The same again is as good.
	w.expect(w.do("POST", "/v2/app/blobs/uploads/?digest="+d.String(), data), 201, "")
}

// TestChunks holds that an upload goes on where it was, also after a restart,
// and that chunks out of order are refused with the place to go on.
func TestChunks(t *testing.T) {
	w := newWorld(t)
	data := bytes.Repeat([]byte("0123456789"), 1000)
	d := digest.FromBytes(data)
	path := w.begin()
	resp := w.expect(w.do("PATCH", path, data[:4000], "Content-Range", "0-3999"), 202, "")
	if resp.Header.Get("Range") != "0-3999" {
		t.Errorf("range %q", resp.Header.Get("Range"))
	}
	resp = w.expect(w.do("PATCH", path, data[5000:], "Content-Range", "5000-9999"), 416, "BLOB_UPLOAD_INVALID")
	if resp.Header.Get("Range") != "0-3999" {
		t.Errorf("range %q", resp.Header.Get("Range"))
	}
	w.expect(w.do("PATCH", path, data[:10], "Content-Range", "nonsense"), 400, "BLOB_UPLOAD_INVALID")
	w.open()
	if resp = w.expect(w.do("GET", path, nil), 204, ""); resp.Header.Get("Range") != "0-3999" {
		t.Errorf("after a restart: range %q", resp.Header.Get("Range"))
	}
	w.expect(w.do("PATCH", path, data[4000:9000]), 202, "")
	w.expect(w.do("PUT", path+"?digest="+d.String(), data[9000:]), 201, "")
	w.expect(w.do("GET", "/v2/app/blobs/"+d.String(), nil), 200, string(data))
	w.expect(w.do("PUT", path+"?digest="+d.String(), nil), 404, "BLOB_UPLOAD_UNKNOWN")
}

// TestLies holds that nothing stays of content that isn't what it is said to be.
func TestLies(t *testing.T) {
	w := newWorld(t)
	lie := digest.FromString("something else").String()
	path := w.begin()
	w.expect(w.do("PUT", path+"?digest="+lie, []byte("data")), 400, "DIGEST_INVALID")
	w.expect(w.do("GET", path, nil), 404, "BLOB_UPLOAD_UNKNOWN")
	w.expect(w.do("POST", "/v2/app/blobs/uploads/?digest="+lie, []byte("data")), 400, "DIGEST_INVALID")
	w.expect(w.do("GET", "/v2/app/blobs/"+lie, nil), 404, "BLOB_UNKNOWN")
	w.expect(w.do("PUT", "/v2/app/manifests/"+lie, []byte("{}")), 400, "DIGEST_INVALID")
	for _, bad := range []string{"", "nonsense", "sha256:12", digest.SHA512.FromString("x").String()} {
		w.expect(w.do("PUT", w.begin()+"?digest="+bad, nil), 400, "DIGEST_INVALID")
	}
	w.expect(w.do("PUT", "/v2/app/manifests/big", make([]byte, 4<<20+1)), 413, "MANIFEST_INVALID")
	if found := w.files("ingest", "data"); len(found) != 4 { // those of the loop, which may go on
		t.Errorf("left over: %v", found)
	}
	if found := w.files("blobs", "*"); len(found) != 0 {
		t.Errorf("left over: %v", found)
	}
}

func (w *world) files(dir, pattern string) []string {
	w.Helper()
	var found []string
	err := filepath.Walk(filepath.Join(w.path, dir), func(p string, info os.FileInfo, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing was ever written
		}
		if ok, _ := filepath.Match(pattern, filepath.Base(p)); err == nil && ok && !info.IsDir() {
			found = append(found, p)
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return found
}

// TestCutOff holds that what came before a connection broke is kept for a
// while, and then goes.
func TestCutOff(t *testing.T) {
	w := newWorld(t)
	path := w.begin()
	conn, err := net.Dial("tcp", w.host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Basic QVdTOmdvb2Q=\r\nContent-Length: 100\r\n\r\nfirst half", path)
	conn.(*net.TCPConn).CloseWrite()
	if answer, _ := io.ReadAll(conn); !bytes.Contains(answer, []byte("BLOB_UPLOAD_INVALID")) {
		t.Errorf("a body that breaks off: %s", answer)
	}
	conn.Close()
	w.expect(w.do("PATCH", path, []byte(" and second")), 202, "")
	w.expect(w.do("PUT", path+"?digest="+digest.FromString("first half and second").String(), nil), 201, "")

	path = w.begin()
	w.expect(w.do("PATCH", path, []byte("forgotten")), 202, "")
	w.sweep()
	w.expect(w.do("GET", path, nil), 204, "")
	w.clock.add(2 * time.Hour)
	w.sweep()
	w.expect(w.do("GET", path, nil), 404, "BLOB_UPLOAD_UNKNOWN")
	if found := w.files("ingest", "data"); len(found) != 0 {
		t.Errorf("left over: %v", found)
	}
}

func (w *world) sweep() {
	w.Helper()
	if err := w.Sweep(w.Context()); err != nil {
		w.Error(err)
	}
}

// TestSweep holds that what a repository needs stays, and the rest goes.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	keep, drop := digest.FromString("keep"), digest.FromString("drop")
	w.expect(w.do("POST", "/v2/app/blobs/uploads/?digest="+keep.String(), []byte("keep")), 201, "")
	w.expect(w.do("POST", "/v2/app/blobs/uploads/?digest="+drop.String(), []byte("drop")), 201, "")
	w.dir.mu.Lock()
	delete(w.dir.repos["app"].blobs, drop)
	w.dir.mu.Unlock()
	w.sweep()
	w.expect(w.do("GET", "/v2/app/blobs/"+keep.String(), nil), 200, "keep")
	if found := w.files("blobs", drop.Encoded()); len(found) != 0 {
		t.Errorf("left over: %v", found)
	}
}

// TestFullDisk holds that a full disk refuses a push, and that the next one works.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	d := digest.FromString("data")
	w.disk.full = unix.ENOSPC
	w.expect(w.do("POST", "/v2/app/blobs/uploads/?digest="+d.String(), []byte("data")), 507, "no space")
	w.disk.full = nil
	path := w.begin()
	w.open()
	w.disk.full = unix.ENOSPC
	w.expect(w.do("PATCH", path, []byte("data")), 507, "no space")
	w.disk.full = nil
	if found := w.files("ingest", "data"); len(found) != 0 {
		t.Errorf("left over: %v", found)
	}
	w.expect(w.do("POST", "/v2/app/blobs/uploads/?digest="+d.String(), []byte("data")), 201, "")
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	path := w.begin()
	w.expect(w.do("DELETE", path, nil), 204, "")
	w.expect(w.do("PATCH", path, []byte("x")), 404, "BLOB_UPLOAD_UNKNOWN")
	// Nobody continues an upload from another repository.
	path = w.begin()
	w.expect(w.do("PATCH", strings.Replace(path, "/v2/app/", "/v2/team/base/", 1), []byte("x")), 404, "BLOB_UPLOAD_UNKNOWN")
}

func TestPaths(t *testing.T) {
	w := newWorld(t)
	w.expect(w.do("GET", "/v2/", nil), 200, "{}")
	w.expect(w.do("GET", "/v2/_catalog", nil), 404, "NAME_INVALID")
	w.expect(w.do("GET", "/v2/App/tags/list", nil), 404, "NAME_INVALID")
	w.expect(w.do("DELETE", "/v2/app/tags/list", nil), 405, "UNSUPPORTED")
	w.expect(w.do("GET", "/v2/app/tags/list", nil), 200, `"tags":[]`)
	w.expect(w.do("GET", "/v2/app/tags/list?n=x", nil), 400, "PAGINATION_NUMBER_INVALID")
	w.expect(w.do("GET", "/v2/app/referrers/"+digest.FromString("x").String(), nil), 200, `"manifests":[]`)
	w.expect(w.do("DELETE", "/v2/app/manifests/none", nil), 404, "MANIFEST_UNKNOWN")
	r, _ := http.NewRequest("GET", "http://"+w.host+"/v2/", nil)
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != 401 || !strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("without credentials: %v %v", resp, err)
	}
}
