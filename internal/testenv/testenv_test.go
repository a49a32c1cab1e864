package testenv_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

func TestInHost(t *testing.T) {
	testenv.NeedRoot(t)
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if len(links) == 0 || links[0].Name != "lo" || links[0].Flags&net.FlagUp == 0 {
		t.Errorf("links %v: want lo, up", links)
	}
	for _, l := range links {
		if l.Name == "eth0" {
			t.Error("the machine's eth0 is visible")
		}
	}
	if _, err := os.Stat("/sys/class/net/eth0"); err == nil {
		t.Error("the machine's eth0 is visible in /sys")
	}
	if m, _ := filepath.Glob("/sys/fs/cgroup/*"); len(m) == 0 {
		t.Error("no cgroups in /sys/fs/cgroup")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestHostIsSeparate(t *testing.T) {
	h := testenv.Host(t)
	h.Run(t, "ip", "link", "add", "veth7", "type", "veth", "peer", "name", "veth8")
	if out := h.Run(t, "ls", "/sys/class/net"); !strings.Contains(out, "veth7") {
		t.Errorf("/sys/class/net of the host: %q", out)
	}
	if _, err := net.InterfaceByName("veth7"); err == nil {
		t.Error("link of the host is visible outside")
	}
	if a, b := h.Run(t, "readlink", "/proc/self/ns/net"), readlink(t, "/proc/self/ns/net"); strings.TrimSpace(a) == b {
		t.Errorf("host's network namespace is ours, %s", b)
	}
	if got := strings.TrimSpace(h.Run(t, "readlink", "/proc/self/ns/net")); got != readlink(t, h.NetNS()) {
		t.Errorf("NetNS is %s, inside is %s", readlink(t, h.NetNS()), got)
	}
	h.Run(t, "touch", "/run/kaimon-testenv")
	if _, err := os.Stat("/run/kaimon-testenv"); err == nil {
		t.Error("/run of the host is ours")
	}
}

func TestHostEndsWithItsTest(t *testing.T) {
	testenv.NeedRoot(t)
	var pid int
	t.Run("host", func(t *testing.T) {
		h := testenv.Host(t)
		cmd := h.Command("sleep", "1000")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go cmd.Wait()
		pid = waitProgram(t, func() (int, error) { return h.ProgramPID(cmd) })
	})
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("process %d outlived the host", pid)
	}
}

func TestSignalReachesTheProgram(t *testing.T) {
	h := testenv.Host(t)
	cmd := h.Command("sh", "-c", `trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	if err := h.Signal(cmd, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		t.Errorf("exit code %d, want the trap's 7", code)
	}
}

func TestCommandKeepsDirectoryAndStatus(t *testing.T) {
	h := testenv.Host(t)
	dir := t.TempDir()
	cmd := h.Command("sh", "-c", "pwd; exit 3")
	cmd.Dir = dir
	out, _ := cmd.Output()
	if got := strings.TrimSpace(string(out)); got != dir {
		t.Errorf("directory %q, want %q", got, dir)
	}
	if code := cmd.ProcessState.ExitCode(); code != 3 {
		t.Errorf("exit code %d, want 3", code)
	}
}

// waitProgram repeats find until nsenter has forked.
func waitProgram(t *testing.T, find func() (int, error)) int {
	t.Helper()
	for range 1000 {
		if pid, err := find(); err == nil {
			return pid
		}
		syscall.Nanosleep(&syscall.Timespec{Nsec: 5e6}, nil)
	}
	t.Fatal("program did not start")
	return 0
}

func readlink(t *testing.T, path string) string {
	t.Helper()
	s, err := os.Readlink(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
