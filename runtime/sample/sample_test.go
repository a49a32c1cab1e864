package sample

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
)

type stopped struct{}

func (stopped) Now() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }

// TestVersion holds that the page shows the variable VERSION, if it is set.
func TestVersion(t *testing.T) {
	for version, want := range map[string]bool{"": false, "7": true} {
		t.Setenv("VERSION", version)
		w := httptest.NewRecorder()
		Handler(stopped{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if got := strings.Contains(w.Body.String(), "<dt>Version</dt><dd>7</dd>"); got != want || strings.Contains(w.Body.String(), "Version") != want {
			t.Errorf("version %q: %s", version, w.Body)
		}
	}
}

func TestPage(t *testing.T) {
	for path, want := range map[string][]string{
		"/":       {"It works", "2030-01-02T03:04:05Z", "192.0.2.1:1234"},
		"/health": {"ok\n"},
	} {
		w := httptest.NewRecorder()
		Handler(stopped{}).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
		for _, s := range want {
			if !strings.Contains(w.Body.String(), s) {
				t.Errorf("%s lacks %q: %s", path, s, w.Body)
			}
		}
	}
}

func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, l, clock.System{}) }()
	answer, err := http.Get("http://" + l.Addr().String() + "/health")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// store is a runtime.Images that reads what it is given.
type store struct {
	imports int
	files   []string
	refuse  error
}

func (s *store) EnsureImage(context.Context, string, func(done, total int64)) (string, error) {
	if s.imports == 0 {
		return "", &runtime.PullError{Fault: runtime.PullNotFound}
	}
	return "sha256:x", nil
}

func (s *store) ImportImages(_ context.Context, archive io.Reader) ([]string, error) {
	if s.refuse != nil {
		return nil, s.refuse
	}
	s.imports++
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return []string{fullName}, nil
		}
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, h.Name)
	}
}

// TestEnsure makes the image once for each program.
func TestEnsure(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "program")
	s := &store{}
	for i, step := range []struct {
		program string
		imports int
	}{{"one", 1}, {"", 1}, {"another", 2}} {
		if step.program != "" {
			if err := os.WriteFile(exe, []byte(step.program), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := Ensure(t.Context(), s, dir, exe); err != nil {
			t.Fatal(err)
		}
		if s.imports != step.imports {
			t.Errorf("step %d: %d imports, want %d", i, s.imports, step.imports)
		}
	}
	if len(s.files) == 0 || s.files[0] != "oci-layout" {
		t.Errorf("archive of %v", s.files)
	}
	if err := Ensure(t.Context(), s, dir, filepath.Join(dir, "nothing")); err == nil {
		t.Error("a program that isn't there became an image")
	}
	if err := Ensure(t.Context(), &store{refuse: errors.New("full")}, t.TempDir(), exe); err == nil {
		t.Error("a refused import passed")
	}
}
