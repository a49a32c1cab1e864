package containerd

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/shim"
	"kaimon.dev/kaimon/runtime/supervise"
)

// TestMemory has the kernel end containers that take more than they may.
func TestMemory(t *testing.T) {
	b := newBench(t)
	for name, limit := range map[string]func(*runtime.Spec){
		"container's limit": func(s *runtime.Spec) { s.Containers[0].Memory = 16 },
		"task's limit":      func(s *runtime.Spec) { s.Memory = 16 },
	} {
		t.Run(name, func(t *testing.T) {
			b.in(t)
			spec := b.spec("exec dd if=/dev/zero of=/dev/null bs=100M count=1")
			limit(&spec)
			exit, out := b.run(spec)
			if !exit.OOM || exit.Code != killed {
				t.Errorf("%+v %s", exit, out)
			}
		})
	}
}

// TestPids stops a fork bomb at its limit.
func TestPids(t *testing.T) {
	b := newBench(t)
	spec := b.spec("for i in $(seq 50); do sleep 60 & done; echo not reached; wait")
	spec.PidsLimit = 20
	_, out := b.run(spec)
	if !strings.Contains(out, "can't fork") || strings.Contains(out, "not reached") {
		t.Errorf("output %q", out)
	}
}

// TestSignal sends the image's stop signal, one by name, and one to all.
func TestSignal(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		signal string
		all    bool
		code   int
	}{{"", false, 3}, {"SIGUSR1", false, 4}, {"SIGKILL", false, killed}, {"SIGKILL", true, killed}} {
		t.Run(tt.signal, func(t *testing.T) {
			b.in(t)
			spec := b.spec("trap 'exit 3' TERM; trap 'exit 4' USR1; echo ready; while true; do sleep 0.01; done")
			if _, err := b.start(spec); err != nil {
				t.Fatal(err)
			}
			b.until(spec, "ready\n")
			if err := b.Signal(t.Context(), spec.ID, "app", tt.signal, tt.all); err != nil {
				t.Fatal(err)
			}
			if exit := b.exit(spec.ID); exit.Code != tt.code || exit.OOM || exit.Lost {
				t.Errorf("%+v", exit)
			}
			if err := b.Signal(t.Context(), spec.ID, "app", "SIGTERM", false); err != nil {
				t.Errorf("after its end: %v", err)
			}
		})
	}
	if err := b.Signal(t.Context(), "nothing", "app", "", false); !errors.Is(err, supervise.ErrNoContainer) {
		t.Errorf("unknown task: %v", err)
	}
}

// until waits for a container's output.
func (b *bench) until(spec runtime.Spec, want string) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		out := b.output(spec)
		if strings.HasSuffix(out, want) {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("output is %q, not %q", out, want)
		}
	}
}

// TestRestart gives a later attempt a fresh process on the same file system.
func TestRestart(t *testing.T) {
	b := newBench(t)
	spec := b.spec("echo x >> /tmp/n; wc -l < /tmp/n; exit 1")
	b.run(spec)
	if _, err := b.Start(t.Context(), spec, "app", 1); err != nil {
		t.Fatal(err)
	}
	if exit := b.exit(spec.ID); exit.Attempt != 1 || exit.Code != 1 {
		t.Errorf("%+v", exit)
	}
	if out := b.output(spec); out != "1\n2\n" {
		t.Errorf("output %q", out)
	}
	if err := b.Delete(t.Context(), spec.ID, "app"); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), spec.ID, "app"); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := b.RemoveTask(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.RemoveTask(t.Context(), spec.ID); err != nil {
		t.Errorf("again: %v", err)
	}
}

// TestExec runs further processes in a container.
func TestExec(t *testing.T) {
	b := newBench(t)
	spec := b.spec("export A=1; echo ready; sleep 60")
	if _, err := b.start(spec); err != nil {
		t.Fatal(err)
	}
	b.until(spec, "ready\n")
	var out, errs bytes.Buffer
	code, err := b.Exec(t.Context(), spec.ID, "app", []string{"sh", "-c", "cat; hostname; echo wrong >&2; exit 5"},
		runtime.Stdio{In: strings.NewReader("input\n"), Out: &out, Err: &errs})
	if err != nil || code != 5 || out.String() != "input\nip-10-0-1-5.test\n" || errs.String() != "wrong\n" {
		t.Errorf("code %d, %v, out %q, err %q", code, err, out.String(), errs.String())
	}
	out.Reset()
	if code, err := b.Exec(t.Context(), spec.ID, "app", []string{"echo", "alone"}, runtime.Stdio{Out: &out}); err != nil || code != 0 || out.String() != "alone\n" {
		t.Errorf("output alone: code %d, %v, %q", code, err, out.String())
	}
	if code, err := b.Exec(t.Context(), spec.ID, "app", []string{"cat"}, runtime.Stdio{In: strings.NewReader("x")}); err != nil || code != 0 {
		t.Errorf("input alone: code %d, %v", code, err)
	}
	if code, err := b.Exec(t.Context(), spec.ID, "app", []string{"true"}, runtime.Stdio{}); err != nil || code != 0 {
		t.Errorf("code %d, %v", code, err)
	}
	if _, err := b.Exec(t.Context(), spec.ID, "app", []string{"/nothing"}, runtime.Stdio{}); err == nil {
		t.Error("a program that isn't there ran")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Exec(ctx, spec.ID, "app", []string{"sleep", "60"}, runtime.Stdio{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an exec beyond its time: %v", err)
	}
	if _, err := b.Exec(t.Context(), spec.ID, "other", []string{"true"}, runtime.Stdio{}); !errors.Is(err, supervise.ErrNoContainer) {
		t.Errorf("unknown container: %v", err)
	}
}

// TestShimKilled loses the container and nothing else.
func TestShimKilled(t *testing.T) {
	b := newBench(t)
	spec, other := b.spec("sleep 60"), b.spec("sleep 60")
	started, err := b.start(spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.start(other); err != nil {
		t.Fatal(err)
	}
	task, err := b.task(spec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := shim.Kill(task.shim.ID, task.shim.Pid); err != nil {
		t.Fatal(err)
	}
	if exit := b.exit(spec.ID); !exit.Lost {
		t.Errorf("%+v", exit)
	}
	if state, err := os.ReadFile("/proc/" + itoa(started.Pid) + "/stat"); err == nil && !strings.Contains(string(state), ") Z ") {
		t.Errorf("the container's process is still there: %s", state)
	}
	if _, err := b.Start(t.Context(), spec, "app", 1); err != nil {
		t.Errorf("the next attempt: %v", err)
	}
	if code, err := b.Exec(t.Context(), other.ID, "app", []string{"true"}, runtime.Stdio{}); err != nil || code != 0 {
		t.Errorf("the other task: %d %v", code, err)
	}
}

// TestStreams runs containers whose output is dropped, with an input that stays
// open and with a terminal, and more output than any buffer holds.
func TestStreams(t *testing.T) {
	b := newBench(t)
	for name, change := range map[string]func(*runtime.Container){
		"dropped":               func(c *runtime.Container) { c.Log.Keep = false },
		"dropped, interactive":  func(c *runtime.Container) { c.Log.Keep, c.Interactive = false, true },
		"dropped, terminal":     func(c *runtime.Container) { c.Log.Keep, c.TTY = false, true },
		"kept, interactive":     func(c *runtime.Container) { c.Interactive = true },
		"terminal, interactive": func(c *runtime.Container) { c.TTY, c.Interactive = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			b.in(t)
			spec := b.spec("seq 100000; exit 9")
			change(&spec.Containers[0])
			exit, out := b.run(spec)
			if exit.Code != 9 {
				t.Errorf("%+v", exit)
			}
			if kept := spec.Containers[0].Log.Keep; kept != strings.Contains(out, "100000") {
				t.Errorf("kept %t, but the output is %d bytes", kept, len(out))
			}
		})
	}
	spec := b.spec("cat; echo over")
	spec.Containers[0].Interactive = true
	if _, err := b.start(spec); err != nil {
		t.Fatal(err)
	}
	if code, err := b.Exec(t.Context(), spec.ID, "app", []string{"sleep", "0.1"}, runtime.Stdio{}); err != nil || code != 0 {
		t.Errorf("the open input is at its end: %d %v", code, err)
	}
}
