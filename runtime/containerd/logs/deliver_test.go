package logs

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/runtime"
)

// memory is a LogStore that may fail, before or after nothing has happened.
type memory struct {
	mu    sync.Mutex
	lines []string
	marks map[string]int64
	fail  func(n int) error
	calls int
}

func (m *memory) Taken(source string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.marks[source], nil
}

func (m *memory) Take(_ string, events []logline.Event, mark logline.Mark) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.fail != nil {
		if err := m.fail(m.calls); err != nil {
			return err
		}
	}
	for _, e := range events {
		m.lines = append(m.lines, string(e.Message))
	}
	m.marks[mark.Source] = mark.Position
	return nil
}

func (m *memory) Forget(source string) error { return nil }

func (m *memory) got() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

type rig struct {
	t           *testing.T
	store       *memory
	pipe, spool string
	buffer      int64
	begins      *regexp.Regexp
	patience    time.Duration
}

func newRig(t *testing.T) *rig {
	dir := t.TempDir()
	return &rig{t: t, store: &memory{marks: map[string]int64{}}, pipe: filepath.Join(dir, "pipe"), spool: filepath.Join(dir, "spool")}
}

func (r *rig) deliver() *Deliverer {
	r.t.Helper()
	d, err := Deliver(r.pipe, r.spool, Delivery{
		Store: r.store, Stream: "s", Source: "task/app", Buffer: r.buffer, Begins: r.begins, Patience: r.patience, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r *rig) writer() *os.File {
	r.t.Helper()
	w, err := os.OpenFile(r.pipe, os.O_RDWR, 0) // as a shim that holds it
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

// TestDetached has servers come and go while a container counts: no number is
// lost, doubled or out of order.
func TestDetached(t *testing.T) {
	r := newRig(t)
	d := r.deliver()
	w, shim := r.writer(), r.writer()
	const last = 200000
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer w.Close()
		for i := range last {
			if _, err := fmt.Fprintf(w, "line %d\n", i); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 20 {
		time.Sleep(2 * time.Millisecond)
		d.Detach()
		d = r.deliver()
	}
	<-written
	shim.Close()
	if err := d.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	got := r.store.got()
	if len(got) != last {
		t.Errorf("%d lines of %d", len(got), last)
	}
	for i, line := range got {
		if line != fmt.Sprint("line ", i) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

// TestTail delivers what has no line feed at the end, and goes on after it.
func TestTail(t *testing.T) {
	r := newRig(t)
	for _, text := range []string{"one\n\ntwo", "three\n"} {
		d := r.deliver()
		w := r.writer()
		fmt.Fprint(w, text)
		w.Close()
		if err := d.Finish(10 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.store.got(); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("got %q", got)
	}
}

// TestStoreFails tries again, and drops what is for a stream that is gone.
func TestStoreFails(t *testing.T) {
	r := newRig(t)
	r.store.fail = func(n int) error {
		if n <= 2 {
			return errors.New("no space left on device")
		}
		return nil
	}
	d := r.deliver()
	w := r.writer()
	fmt.Fprint(w, "kept\n")
	w.Close()
	if err := d.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	r.store.fail = func(int) error { return runtime.ErrNotFound }
	d = r.deliver()
	w = r.writer()
	fmt.Fprint(w, "dropped\n")
	w.Close()
	if err := d.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got := r.store.got(); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("got %q", got)
	}
}

// TestDropsOldest: a container with a buffer doesn't wait for a store that stands
// still; what is kept are the newest lines, in order, and whole.
func TestDropsOldest(t *testing.T) {
	r := newRig(t)
	r.buffer = 200 << 10
	block := make(chan struct{})
	r.store.fail = func(int) error { <-block; return nil }
	d := r.deliver()
	w := r.writer()
	fmt.Fprintln(w, "line 0")
	const last = 50000
	for i := 1; i <= last; i++ {
		fmt.Fprintf(w, "line %d\n", i)
	}
	w.Close()
	close(block)
	if err := d.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	got := r.store.got()
	if len(got) == 0 || got[len(got)-1] != fmt.Sprint("line ", last) {
		t.Fatalf("the newest line is missing among %d", len(got))
	}
	before := -1
	for _, line := range got {
		n := 0
		if _, err := fmt.Sscanf(line, "line %d", &n); err != nil || line != fmt.Sprint("line ", n) || n <= before {
			t.Errorf("%q after line %d", line, before)
		}
		before = n
	}
}

// TestDropsWholeLines cuts at lines, also where they lie across what is read at once.
func TestDropsWholeLines(t *testing.T) {
	for _, buffer := range []int64{1, 100, 64 << 10, 64<<10 + 1, 1<<20 - 1} {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		line := bytes.Repeat([]byte("x"), 1000)
		line[999] = '\n'
		size, err := f.Write(bytes.Repeat(line, 2000))
		if err != nil {
			t.Fatal(err)
		}
		x := &Deliverer{Delivery: Delivery{Buffer: buffer, Log: slog.New(slog.DiscardHandler)}, spool: &spool{file: f}}
		x.changed = sync.NewCond(&x.mu)
		x.drop(int64(size))
		if x.taken%1000 != 0 || x.taken < int64(size)-buffer || x.taken > int64(size)-buffer+1000 {
			t.Errorf("a buffer of %d bytes: dropped %d of %d", buffer, x.taken, size)
		}
	}
}

// TestFinishGivesUp on a store that takes nothing, and leaves the rest to a successor.
func TestFinishGivesUp(t *testing.T) {
	r := newRig(t)
	r.store.fail = func(int) error { return errors.New("away") }
	d := r.deliver()
	w := r.writer()
	fmt.Fprintln(w, "late")
	w.Close()
	if err := d.Finish(50 * time.Millisecond); err == nil {
		t.Error("nothing was delivered, and all is well")
	}
	r.store.fail = nil
	d = r.deliver()
	if err := d.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got := r.store.got(); !slices.Equal(got, []string{"late"}) {
		t.Errorf("got %q", got)
	}
}

// TestReboot: the machine lost the end of the spool, not what was taken.
func TestReboot(t *testing.T) {
	r := newRig(t)
	r.store.marks["task/app"] = 1000
	d := r.deliver()
	w := r.writer()
	fmt.Fprintln(w, "after")
	w.Close()
	if err := d.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got := r.store.got(); !slices.Equal(got, []string{"after"}) {
		t.Errorf("got %q", got)
	}
}

// TestLines: however a text is cut into reads, the lines are the same.
func TestLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(`([a-zäöü]{0,5}\n?){0,20}`).Draw(t, "text"))
		var want []string
		for _, line := range strings.Split(string(text), "\n") {
			if line != "" {
				want = append(want, line)
			}
		}
		var got []string
		var pending []byte
		for rest := text; ; {
			n := rapid.IntRange(0, len(rest)).Draw(t, "read")
			pending, rest = append(pending, rest[:n]...), rest[n:]
			found, consumed := lines(pending, len(rest) == 0)
			for _, line := range found {
				got = append(got, string(line))
			}
			pending = pending[consumed:]
			if len(rest) == 0 {
				break
			}
		}
		if !slices.Equal(got, want) || len(pending) > 0 {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestLongLines(t *testing.T) {
	text := append(bytes.Repeat([]byte("ä"), maxLine), '\n')
	found, n := lines(text, false)
	if n != len(text) || len(found) < 2 || !bytes.Equal(bytes.Join(found, nil), text[:len(text)-1]) {
		t.Errorf("%d lines, %d of %d bytes", len(found), n, len(text))
	}
	for _, line := range found {
		if len(line) > maxLine {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if found, _ := lines([]byte("a\xffb\n"), false); string(found[0]) != "a�b" {
		t.Errorf("not UTF-8: %q", found[0])
	}
}

func BenchmarkDeliver(b *testing.B) {
	dir := b.TempDir()
	store := &memory{marks: map[string]int64{}}
	d, err := Deliver(filepath.Join(dir, "pipe"), filepath.Join(dir, "spool"), Delivery{
		Store: store, Stream: "s", Source: "x", Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	w, err := os.OpenFile(filepath.Join(dir, "pipe"), os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	line := bytes.Repeat(append(bytes.Repeat([]byte("x"), 99), '\n'), 40)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if _, err := w.Write(line); err != nil {
			b.Fatal(err)
		}
	}
	w.Close()
	if err := d.Finish(10 * time.Second); err != nil {
		b.Fatal(err)
	}
}
