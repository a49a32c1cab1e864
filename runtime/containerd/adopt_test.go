package containerd

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// serverMarker makes the test binary start tasks and wait to be killed.
const serverMarker = "KAIMON_TEST_SERVER"

// errand is what such a server is told.
type errand struct {
	Opts  Options
	Specs []runtime.Spec
	Burst bool // say so before starting all at once
}

// serve is the server: it starts its tasks, says so, and waits.
func serve(raw string) {
	var e errand
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		panic(err)
	}
	ctx := context.Background()
	engine, err := New(ctx, e.Opts)
	if err != nil {
		panic(err)
	}
	start := func(s runtime.Spec) {
		if err := engine.CreateTask(ctx, s); err != nil {
			panic(err)
		}
		if _, err := engine.Start(ctx, s, "app", 0); err != nil {
			panic(err)
		}
	}
	if e.Burst {
		os.Stdout.WriteString("started\n")
	}
	var group sync.WaitGroup
	for _, s := range e.Specs {
		if e.Burst {
			group.Go(func() { start(s) })
		} else {
			start(s)
		}
	}
	group.Wait()
	if !e.Burst {
		os.Stdout.WriteString("started\n")
	}
	select {}
}

// serveAndKill has a server do an errand and kills it some time after it said so.
func serveAndKill(t *testing.T, e errand, after time.Duration) {
	t.Helper()
	serveUntil(t, e, func() { time.Sleep(after) })
}

// serveUntil has a server do an errand, waits once it said so, and kills it.
func serveUntil(t *testing.T, e errand, wait func()) {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("/proc/self/exe")
	server.Env = append(os.Environ(), serverMarker+"="+string(raw))
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("%q %v", line, err)
	}
	wait()
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
}

// TestKilledWhileStarting kills a server in the middle of starts. What had not
// been reported is cleared away and can be started again.
func TestKilledWhileStarting(t *testing.T) {
	for _, after := range []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond} {
		b := newBench(t)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		var specs []runtime.Spec
		for range 8 {
			specs = append(specs, b.spec("sleep 60"))
		}
		serveAndKill(t, errand{Opts: b.opts, Specs: specs, Burst: true}, after)
		b.open()
		found, err := b.Recover(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("killed after %s: %d of %d had started", after, len(found), len(specs))
		running := map[string]bool{}
		for _, r := range found {
			if r.Exit != nil {
				t.Errorf("found %+v", r.Exit)
			}
			running[r.TaskID] = true
		}
		for _, s := range specs {
			if running[s.ID] {
				continue
			}
			if _, err := b.start(s); err != nil {
				t.Errorf("the second start: %v", err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b.open()
		if found, err = b.Recover(t.Context()); err != nil || len(found) != len(specs) {
			t.Errorf("%d run, %v", len(found), err)
		}
	}
}

// TestKilled kills the server, and takes up its tasks: one that runs, one that
// ended meanwhile, one whose last words are in the pipe, one whose shim died.
func TestKilled(t *testing.T) {
	b := newBench(t)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	gate := filepath.Join(t.TempDir(), "gate")
	if err := os.Mkdir(gate, 0o755); err != nil {
		t.Fatal(err)
	}
	wait := "while ! test -e /gate/open; do sleep 0.01; done; "
	specs := []runtime.Spec{
		b.spec("echo on; sleep 60"),
		b.spec(wait + "exit 42"),
		b.spec(wait + "seq 2000; exit 1"),
		b.spec("sleep 60"),
	}
	for i := range specs {
		specs[i].Volumes = []runtime.Volume{{Name: "gate"}}
		specs[i].Containers[0].Mounts = []runtime.Mount{{Volume: "gate", Path: "/gate"}}
	}
	serveAndKill(t, errand{Opts: b.opts, Specs: specs}, 0)
	for _, s := range specs[1:3] {
		if err := os.WriteFile(filepath.Join(b.opts.Dir, "tasks", s.ID, "volumes", "gate", "open"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var record taskRecord
	if err := readJSON(filepath.Join(b.opts.Dir, "tasks", specs[3].ID, "task.json"), &record); err != nil {
		t.Fatal(err)
	}
	kill(t, record.Pid)
	time.Sleep(300 * time.Millisecond) // for the two to end unseen

	b.open()
	found, err := b.Recover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(specs) {
		t.Fatalf("found %+v", found)
	}
	for _, r := range found {
		if r.Started.Pid == 0 || r.Started.At.IsZero() || r.Started.RuntimeID == "" {
			t.Errorf("found %+v", r)
		}
		switch r.TaskID {
		case specs[0].ID:
			if r.Exit != nil {
				t.Errorf("the one that runs: %+v", r.Exit)
			}
		case specs[1].ID:
			if r.Exit == nil || r.Exit.Code != 42 || r.Exit.Lost {
				t.Errorf("the one that ended: %+v", r.Exit)
			}
		case specs[2].ID:
			if r.Exit == nil || r.Exit.Code != 1 || r.Exit.Lost {
				t.Errorf("the one with last words: %+v", r.Exit)
			}
			if out := b.output(specs[2]); !strings.HasPrefix(out, "1\n") || !strings.HasSuffix(out, "\n2000\n") {
				t.Errorf("last words %q", out)
			}
		case specs[3].ID:
			if r.Exit == nil || !r.Exit.Lost {
				t.Errorf("the one without a shim: %+v", r.Exit)
			}
		}
	}
	if code, err := b.Exec(t.Context(), specs[0].ID, "app", []string{"true"}, runtime.Stdio{}); err != nil || code != 0 {
		t.Errorf("exec in an adopted container: %d %v", code, err)
	}
	if err := b.Signal(t.Context(), specs[0].ID, "app", "SIGKILL", false); err != nil {
		t.Fatal(err)
	}
	if exit := b.exit(specs[0].ID); exit.Code != killed || exit.Lost {
		t.Errorf("an adopted container's end: %+v", exit)
	}
	for _, s := range specs {
		if err := b.Delete(t.Context(), s.ID, "app"); err != nil {
			t.Error(err)
		}
		if err := b.RemoveTask(t.Context(), s.ID); err != nil {
			t.Error(err)
		}
	}
}

// TestDown leaves nothing on the machine.
func TestDown(t *testing.T) {
	b := newBench(t)
	spec := b.spec("sleep 60")
	started, err := b.start(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil { // detached, as by a server that ended
		t.Fatal(err)
	}
	b.open()
	if err := b.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/" + itoa(started.Pid)); err == nil {
		t.Error("the container's process is still there")
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), b.opts.Dir) {
		t.Error("a mount is still there")
	}
	err = filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.Contains(path, b.opts.InstanceID) {
			t.Errorf("%s is still there", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(b.opts.RunDir); err == nil && len(left) > 0 {
		t.Errorf("%v are still there", left)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func kill(t *testing.T, pid int) {
	t.Helper()
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
}
