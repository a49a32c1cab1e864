package engine

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
)

// logs are the files of the load balancer's access log, by name.
func (w *world) logs() map[string]string {
	w.t.Helper()
	w.engine.tidy()
	names, err := filepath.Glob(filepath.Join(w.lb().Attributes.AccessLog, "127.0.0.1*"))
	if err != nil {
		w.t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		files[filepath.Base(name)] = string(b)
	}
	return files
}

// logged are the lines of the access log.
func (w *world) logged() []string {
	w.t.Helper()
	var all strings.Builder
	for _, text := range w.logs() {
		all.WriteString(text)
	}
	return strings.Split(strings.TrimSpace(all.String()), "\n")
}

// finished are the names of files that are for others to take.
func (w *world) finished() (names []string) {
	for name := range w.logs() {
		if strings.HasSuffix(name, ".log") {
			names = append(names, name)
		}
	}
	return names
}

// TestAccessLogPeriods ends a file with its period, with its size, and with its
// load balancer; never an empty one.
func TestAccessLogPeriods(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Attributes.AccessLog = t.TempDir()
	w.apply().await(proxy.StateHealthy)
	var log *accessLog
	for _, l := range w.engine.logs {
		log = l
	}
	set := func(until time.Time, size int) {
		log.mu.Lock()
		defer log.mu.Unlock()
		log.until, log.size = until, size
	}
	end := clock.System{}.Now().Truncate(logPeriod).Add(logPeriod)
	set(end, 0)
	log.tidy(end)
	if names := w.finished(); len(names) != 0 {
		t.Errorf("a file without lines: %v", names)
	}
	w.get("/")
	set(end, 0) // the file before has begun another period
	log.tidy(end.Add(-1))
	if names := w.finished(); len(names) != 0 {
		t.Errorf("before the end: %v", names)
	}
	set(end, 0)
	log.tidy(end)
	names := w.finished()
	want := regexp.MustCompile(`^127\.0\.0\.1_` + end.Format("20060102T1504Z") + `_[0-9a-f]{8}\.log$`)
	if len(names) != 1 || !want.MatchString(names[0]) {
		t.Errorf("after the end: %v, want %s", names, want)
	}
	w.get("/")
	set(end.Add(time.Hour), logSize)
	w.engine.tidy()
	if names := w.finished(); len(names) != 2 {
		t.Errorf("a large file goes on: %v", names)
	}
	w.get("/")
	dir := w.lb().Attributes.AccessLog
	w.lb().Attributes.AccessLog = ""
	w.apply()
	w.lb().Attributes.AccessLog = dir
	if files := w.logs(); len(files) != 3 || len(w.finished()) != 3 {
		t.Errorf("after the last listener: %v", files)
	}
	if len(w.engine.logs) != 0 {
		t.Error("the log is still there")
	}
	if n := len(w.logged()); n != 3 {
		t.Errorf("%d lines for 3 requests", n)
	}
}

// TestAccessLogOfADeadProcess goes on with what it has left.
func TestAccessLogOfADeadProcess(t *testing.T) {
	w := newWorld(t, named(t, "x"))
	w.lb().Attributes.AccessLog = t.TempDir()
	left := filepath.Join(w.lb().Attributes.AccessLog, "127.0.0.1.part")
	if err := os.WriteFile(left, []byte("left\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	w.apply().await(proxy.StateHealthy)
	for _, l := range w.engine.logs {
		l.tidy(clock.System{}.Now().Add(logPeriod))
	}
	if lines := w.logged(); len(w.finished()) != 1 || lines[0] != "left" {
		t.Errorf("%v", lines)
	}
}
