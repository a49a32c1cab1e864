package runtimetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
)

var accessCases = []testCase{
	{name: "UnknownIDs", run: unknownIDs},
	{name: "LogsAreKept", run: logsKept},
	{name: "LogsAreDropped", run: logsDropped},
	{name: "Exec", run: execs},
}

// execer returns the runtime's Exec or skips the test.
func (b *bench) execer() runtime.Execer {
	e, ok := b.rt.(runtime.Execer)
	if !ok {
		b.t.Skip("the runtime under test has no Exec")
	}
	return e
}

// exec runs a script in a container; it must succeed.
func (b *bench) exec(id, container, script string) string {
	b.t.Helper()
	var out bytes.Buffer
	code, err := b.execer().Exec(context.Background(), id, container,
		[]string{"/bin/sh", "-c", script}, runtime.Stdio{Out: &out, Err: &out})
	if err != nil || code != 0 {
		b.t.Fatalf("exec %q: code %d, error %v, output %q", script, code, err, &out)
	}
	return out.String()
}

// ready waits until a container's script has come past its trap: before that,
// a shell that is process 1 ignores the signal.
func (b *bench) ready(id, container string) {
	b.t.Helper()
	for !strings.Contains(b.log(id, container), "ready\n") {
		time.Sleep(10 * time.Millisecond)
	}
}

// log reads a container's whole log.
func (b *bench) log(id, container string) string {
	b.t.Helper()
	logs, ok := b.rt.(runtime.Logs)
	if !ok {
		b.t.Skip("the runtime under test keeps no logs")
	}
	r, err := logs.ContainerLog(context.Background(), id, container)
	if err != nil {
		b.t.Fatalf("ContainerLog: %v", err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		b.t.Fatalf("read the log: %v", err)
	}
	return string(text)
}

func unknownIDs(b *bench) {
	ctx, id := context.Background(), clock.Hex(16)
	if err := b.rt.Stop(ctx, id, ""); !errors.Is(err, runtime.ErrNotFound) {
		b.t.Errorf("Stop: %v, want ErrNotFound", err)
	}
	if err := b.rt.Remove(ctx, id); err != nil {
		b.t.Errorf("Remove: %v", err)
	}
	if logs, ok := b.rt.(runtime.Logs); ok {
		if _, err := logs.ContainerLog(ctx, id, "app"); !errors.Is(err, runtime.ErrNotFound) {
			b.t.Errorf("ContainerLog: %v, want ErrNotFound", err)
		}
	}
	if _, err := b.execer().Exec(ctx, id, "app", []string{"true"}, runtime.Stdio{}); !errors.Is(err, runtime.ErrNotFound) {
		b.t.Errorf("Exec: %v, want ErrNotFound", err)
	}
}

func logsKept(b *bench) {
	id := b.apply(essential("app", "echo one; echo two; exit 0"))
	b.awaitStopped(id)
	if text := b.log(id, "app"); text != "one\ntwo\n" {
		b.t.Errorf("log %q", text)
	}
	b.reopen()
	if text := b.log(id, "app"); text != "one\ntwo\n" {
		b.t.Errorf("log after a restart: %q", text)
	}
}

func logsDropped(b *bench) {
	app := essential("app", "echo one; exit 0")
	app.Log.Keep = false
	id := b.apply(app)
	b.awaitStopped(id)
	if text := b.log(id, "app"); text != "" {
		b.t.Errorf("log %q", text)
	}
}

func execs(b *bench) {
	id := b.apply(essential("app", "echo x > /file; "+untilStopped), extra("side", "exit 0"))
	b.await(id, "the exit of side", func(o runtime.Observation) bool {
		return o.Phase == runtime.Running && b.container(o, "side").Phase == runtime.Stopped
	})
	b.ready(id, "app")
	if out := b.exec(id, "app", "cat /file"); out != "x\n" {
		b.t.Errorf("output %q", out)
	}
	ctx := context.Background()
	if code, err := b.execer().Exec(ctx, id, "app", []string{"/bin/sh", "-c", "exit 9"}, runtime.Stdio{}); code != 9 || err != nil {
		b.t.Errorf("code %d, error %v, want 9", code, err)
	}
	if _, err := b.execer().Exec(ctx, id, "side", []string{"/bin/sh", "-c", "exit 0"}, runtime.Stdio{}); !errors.Is(err, runtime.ErrNotRunning) {
		b.t.Errorf("Exec in an ended container: %v, want ErrNotRunning", err)
	}
	if _, err := b.execer().Exec(ctx, id, "none", []string{"/bin/sh", "-c", "exit 0"}, runtime.Stdio{}); !errors.Is(err, runtime.ErrNotFound) {
		b.t.Errorf("Exec in an unknown container: %v, want ErrNotFound", err)
	}
}
