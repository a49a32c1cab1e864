package logs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func read(t interface{ Fatal(...any) }, path string) string {
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestKeep(t *testing.T) {
	dir := t.TempDir()
	pipe, log := filepath.Join(dir, "pipe"), filepath.Join(dir, "log")
	if got := read(t, log); got != "" {
		t.Errorf("nothing was written, but there is %q", got)
	}
	for _, text := range []string{"one\n", "two\n"} { // the second as after a restart
		f, err := Keep(pipe, log)
		if err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
		w.Close()
		if err := f.Finish(10 * time.Second); err != nil {
			t.Fatal(err)
		}
		if err := f.Finish(0); err != nil {
			t.Errorf("again: %v", err)
		}
	}
	if got := read(t, log); got != "one\ntwo\n" {
		t.Errorf("got %q", got)
	}
}

// TestFinishDoesNotWait stops although a writer holds the pipe.
func TestFinishDoesNotWait(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	f, err := Keep(pipe, filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := f.Finish(10 * time.Millisecond); err != nil {
		t.Error(err)
	}
}

func TestFollowRefused(t *testing.T) {
	dir := t.TempDir()
	for _, pipe := range []string{filepath.Join(dir, "no", "pipe")} {
		if _, err := Keep(pipe, filepath.Join(dir, "log")); err == nil {
			t.Errorf("%s was followed", pipe)
		}
	}
	if _, err := Keep(filepath.Join(dir, "pipe"), filepath.Join(dir, "no", "log")); err == nil {
		t.Error("a log in no folder was kept")
	}
}

// TestBlocks has a writer wait while nobody reads, and lose nothing.
func TestBlocks(t *testing.T) {
	dir := t.TempDir()
	pipe, log := filepath.Join(dir, "pipe"), filepath.Join(dir, "log")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	hold, err := os.OpenFile(pipe, os.O_RDWR, 0) // a shim
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("0123456789\n", 30000)
	written := make(chan struct{})
	go func() {
		defer close(written)
		fmt.Fprint(hold, text)
		hold.Close()
	}()
	f, err := Keep(pipe, log)
	if err != nil {
		t.Fatal(err)
	}
	<-written
	if err := f.Finish(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got := read(t, log); got != text {
		t.Errorf("%d of %d bytes came", len(got), len(text))
	}
}

// TestBounded: a log holds the end of what was written, at least one file's
// worth and at most two.
func TestBounded(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, fmt.Sprint(rapid.Uint64().Draw(t, "name")))
		defer os.Remove(path)
		defer os.Remove(older(path))
		l, err := openFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var all bytes.Buffer
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, Limit), 1, 6).Draw(t, "writes") {
			p := bytes.Repeat([]byte{byte('a' + all.Len()%26)}, n)
			all.Write(p)
			if _, err := l.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		got := read(t, path)
		if !bytes.HasSuffix(all.Bytes(), []byte(got)) || len(got) > 2*Limit || len(got) < min(all.Len(), 1) {
			t.Fatalf("kept %d of %d bytes", len(got), all.Len())
		}
	})
}
