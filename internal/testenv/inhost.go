package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

// inside marks the environment of a test binary that InHost has moved.
const inside = "KAIMON_TESTENV_INSIDE"

// InHost is a package's TestMain: it runs the test binary again inside
// namespaces that play a host, and exits with its status. Without root the
// tests run where they are, and those that call NeedRoot skip.
func InHost(m *testing.M) {
	Enter()
	os.Exit(m.Run())
}

// Enter runs this program again inside namespaces that play a host, and exits
// with its status. Inside, and without root, it returns at once.
func Enter() {
	if os.Geteuid() != 0 || os.Getenv(inside) != "" {
		return
	}
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		os.Exit(1)
	}
	os.Exit(runInside(exec.Command(self, os.Args[1:]...)))
}

// runInside runs a command in fresh namespaces and returns its exit code. The
// namespaces end with it, or with this process.
func runInside(c *exec.Cmd) int {
	runtime.LockOSThread() // Pdeathsig counts from the thread that forked
	cmd := unshare(`"$@"; exit $?`, c.Args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "testenv:", err)
	return 1
}
