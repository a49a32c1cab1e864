package containerd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// slowRuntime is an OCI runtime that runs a script before it makes a container,
// and then is the machine's own.
func slowRuntime(t *testing.T, script string) (path string) {
	t.Helper()
	real, err := exec.LookPath("crun")
	if err != nil {
		t.Skip(err)
	}
	path = filepath.Join(t.TempDir(), "oci")
	text := fmt.Sprintf("#!/bin/sh\ncase \" $* \" in *\" create \"*)\n%s\n;; esac\nexec %s \"$@\"\n", script, real)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// reopen opens the bench's engine anew over an OCI runtime.
func (b *bench) reopen(runtime string) {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.opts.OCIRuntime = runtime
	b.open()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after 20 s: %s", what)
		}
	}
}

// TestStuckStart holds that a start ends when its time is over, though the
// container is never made and the shim says nothing, leaves no process, and can
// be repeated.
func TestStuckStart(t *testing.T) {
	b := newBench(t)
	begun := filepath.Join(t.TempDir(), "begun")
	b.reopen(slowRuntime(t, fmt.Sprintf("if ! test -e %[1]s; then touch %[1]s; while :; do sleep 0.05; done; fi", begun)))
	b.patience = 100 * time.Millisecond
	spec := b.spec("echo started")
	if err := b.CreateTask(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		await(t, "a start", func() bool { return exists(begun) })
		cancel()
	}()
	ended := make(chan error, 1)
	go func() { // nothing but the engine's own patience ends what follows the start
		_, err := b.Start(ctx, spec, "app", 0)
		ended <- err
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the start ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the start hangs")
	}
	if left, err := makers(b.oci.path, runtimeID(spec.ID, "app")); err != nil || len(left) > 0 {
		t.Errorf("left the processes %v, %v", left, err)
	}
	if exit, out := b.run(spec); exit.Code != 0 || out != "started\n" {
		t.Errorf("the second start: %+v %q", exit, out)
	}
}

// TestKilledWhileMaking kills the server while the OCI runtime makes a
// container. It is made to the end, and then cleared away.
func TestKilledWhileMaking(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	begun, gate, made := filepath.Join(dir, "begun"), filepath.Join(dir, "gate"), filepath.Join(dir, "made")
	b.reopen(slowRuntime(t, fmt.Sprintf("touch %s; while ! test -e %s; do sleep 0.01; done; touch %s", begun, gate, made)))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	spec := b.spec("sleep 60")
	serveUntil(t, errand{Opts: b.opts, Specs: []runtime.Spec{spec}, Burst: true}, func() {
		await(t, "a start", func() bool { return exists(begun) })
	})
	b.open()
	go func() { _ = os.WriteFile(gate, nil, 0o644) }()
	found, err := b.Recover(t.Context())
	if err != nil || len(found) > 0 {
		t.Fatalf("found %+v, %v", found, err)
	}
	if !exists(made) {
		t.Error("the OCI runtime was killed in the middle")
	}
	if left, err := makers(b.oci.path, runtimeID(spec.ID, "app")); err != nil || len(left) > 0 {
		t.Errorf("left the processes %v, %v", left, err)
	}
}

// TestInherited holds that an OCI runtime gets none of its shim's descriptors:
// one that outlives the shim would keep its socket open.
func TestInherited(t *testing.T) {
	b := newBench(t)
	list := filepath.Join(t.TempDir(), "list")
	b.reopen(slowRuntime(t, "ls -l /proc/$$/fd > "+list))
	if exit, _ := b.run(b.spec("true")); exit.Code != 0 {
		t.Fatalf("%+v", exit)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "socket:") || !strings.Contains(string(text), " 2 -> ") {
		t.Errorf("the OCI runtime has\n%s", text)
	}
}

// TestMakers ends what works on one container, and nothing else.
func TestMakers(t *testing.T) {
	b := newBench(t)
	c := b.newTask("task").newContainer("app")
	start := func(runtime, id string) <-chan error {
		cmd := exec.Command("/bin/sh")
		cmd.Args = []string{runtime, "-c", "while :; do sleep 0.05; done", "create", id}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		return ended
	}
	works := start(b.oci.path, c.id)
	others := []<-chan error{start(b.oci.path, c.id+"0"), start("/bin/other", c.id)}
	if err := b.killMaker(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	select {
	case <-works:
	case <-time.After(10 * time.Second):
		t.Error("what works on the container is still there")
	}
	for i, o := range others {
		select {
		case err := <-o:
			t.Errorf("another, %d, was ended: %v", i, err)
		default:
		}
	}
}
