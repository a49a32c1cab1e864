package platform

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestClaim holds that a data directory is one server's, by a lock that ends
// with its process, whatever the file says.
func TestClaim(t *testing.T) {
	dir := t.TempDir()
	c := Config{DataDir: dir}
	if stopped, err := StopServer(t.Context(), c, time.Minute); stopped || err != nil {
		t.Errorf("before there was a server: %v, %v", stopped, err)
	}
	// A process number that an earlier boot has left is nobody's.
	if err := os.WriteFile(filepath.Join(dir, "server.pid"), []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if stopped, err := StopServer(t.Context(), c, time.Minute); stopped || err != nil || Running(c) {
		t.Errorf("after a server that was killed: %v, %v", stopped, err)
	}
	first, second := &Main{Config: c}, &Main{Config: c}
	if err := first.claim(); err != nil {
		t.Fatal(err)
	}
	if !Running(c) {
		t.Error("the server isn't seen")
	}
	if err := second.claim(); err == nil || !strings.Contains(err.Error(), "another server runs with --data-dir "+dir) {
		t.Errorf("a second server: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.claim(); err != nil {
		t.Errorf("after the first: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// TestDownOfNothing holds that there is nothing to take down without a data directory.
func TestDownOfNothing(t *testing.T) {
	if err := Down(t.Context(), Config{DataDir: filepath.Join(t.TempDir(), "none")}, nil); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

// TestStopServer stops a process that has the lock: by asking, and where that
// is of no use by force.
func TestStopServer(t *testing.T) {
	for name, test := range map[string]struct {
		trap     string
		patience time.Duration
		signal   string
	}{
		"asked":  {"-", time.Minute, "terminated"},
		"forced": {"", time.Millisecond, "killed"},
	} {
		t.Run(name, func(t *testing.T) {
			c := Config{DataDir: t.TempDir()}
			server := exec.Command("bash", "-c", `trap "$1" TERM; exec 9>"$0"; flock 9; echo $$ >&9; echo ready; read -r; true`, c.pidFile(), test.trap)
			if _, err := server.StdinPipe(); err != nil {
				t.Fatal(err)
			}
			out, err := server.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
				t.Fatalf("%q, %v", line, err)
			}
			if !Running(c) {
				t.Error("the server isn't seen")
			}
			if stopped, err := StopServer(t.Context(), c, test.patience); !stopped || err != nil {
				t.Errorf("stopped %v, %v", stopped, err)
			}
			if err := server.Wait(); err == nil || !strings.Contains(err.Error(), test.signal) {
				t.Errorf("it ended with %v, want %s", err, test.signal)
			}
			if Running(c) {
				t.Error("a server is still seen")
			}
		})
	}
}
