package initproc

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// childMarker makes the test binary be the init.
const childMarker = "KAIMON_TEST_INIT"

func TestMain(m *testing.M) {
	if Main() {
		return
	}
	if os.Getenv(childMarker) != "" {
		os.Unsetenv(childMarker)
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func child(argv ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", argv...)
	cmd.Env = append(os.Environ(), childMarker+"=1")
	return cmd
}

func TestExitCode(t *testing.T) {
	for _, tt := range []struct {
		argv []string
		want int
	}{
		{[]string{"true"}, 0},
		{[]string{"sh", "-c", "exit 5"}, 5},
		{[]string{"sh", "-c", "kill -KILL $$"}, 137},
		{[]string{"sh", "-c", "(sleep 0.05; exit 3) & exit 7"}, 7},
		{[]string{"/nothing"}, notFound},
		{[]string{"/dev/null"}, notFound},
	} {
		err := child(tt.argv...).Run()
		var exit *exec.ExitError
		got := 0
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		}
		if got != tt.want {
			t.Errorf("%q: %v", tt.argv, err)
		}
	}
}

// TestSignals passes a signal on to the command.
func TestSignals(t *testing.T) {
	cmd := child("sh", "-c", "trap 'echo caught; exit 4' TERM; echo ready; while true; do sleep 0.01; done")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	buf := make([]byte, 100)
	for !strings.Contains(said.String(), "caught") {
		n, err := out.Read(buf)
		if err != nil {
			t.Fatalf("%q %v", said.String(), err)
		}
		said.Write(buf[:n])
		if said.String() == "ready\n" {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 4 {
		t.Errorf("%v", err)
	}
}
