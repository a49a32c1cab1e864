package testenv

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// HostNS is a set of namespaces that plays a host.
type HostNS struct {
	pid int // of the namespaces' first process, as seen from outside
}

// Host makes a host that lives as long as the test: at its end, and also when
// the test binary is killed, every process inside is killed, and what they made
// goes with the namespaces. It calls NeedRoot.
func Host(t testing.TB) *HostNS {
	t.Helper()
	NeedRoot(t)
	// The first process reads a pipe until it closes, which the kernel does
	// for us when this process dies.
	cmd := unshare("echo $pid; read -r end; exit 0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(func() { stop(t, cmd, stdin) })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("testenv: host did not start: %v: %s", err, stderr.String())
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("testenv: host's first word: %v", err)
	}
	return &HostNS{pid: pid}
}

// stop ends the host's first process and with it, by the rule of PID
// namespaces, all others.
func stop(t testing.TB, cmd *exec.Cmd, stdin io.Closer) {
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Logf("testenv: host ended with %v", err)
	}
}

// PID returns the host's first process, as seen from outside; /proc/<PID>/ns
// holds the host's namespaces and /proc/<PID>/root its file system.
func (h *HostNS) PID() int { return h.pid }

// NetNS returns a path to the host's network namespace.
func (h *HostNS) NetNS() string { return fmt.Sprintf("/proc/%d/ns/net", h.pid) }

// Command returns a command that runs inside the host, in the caller's working
// directory. Its Process is nsenter, the parent of the program: use Signal to
// reach the program itself. The exit status is the program's.
func (h *HostNS) Command(name string, args ...string) *exec.Cmd {
	a := []string{
		"--target", strconv.Itoa(h.pid), "--net", "--mount", "--pid", "--ipc",
		"--wd=.", "--", name,
	}
	return exec.Command("nsenter", append(a, args...)...)
}

// Run runs a program inside the host to its end and returns what it wrote to
// stdout; it fails the test when the program fails.
func (h *HostNS) Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := h.Command(name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String()
}

// Signal sends a signal to the program that a started Command runs.
func (h *HostNS) Signal(cmd *exec.Cmd, sig syscall.Signal) error {
	pid, err := h.ProgramPID(cmd)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, sig)
}

// ProgramPID returns the process of the program that a started Command runs, as
// seen from outside.
func (h *HostNS) ProgramPID(cmd *exec.Cmd) (int, error) {
	if cmd.Process == nil {
		return 0, fmt.Errorf("testenv: command was not started")
	}
	p := cmd.Process.Pid
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p, p))
	if err != nil {
		return 0, fmt.Errorf("testenv: find program: %w", err)
	}
	child, _, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	if child == "" {
		return 0, fmt.Errorf("testenv: program of process %d isn't running", p)
	}
	return strconv.Atoi(child)
}
