package containerd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/logs"
)

// connect gives a container its streams: kept output goes through a pipe that
// outlives this process, and an open standard input is a pipe that nobody
// writes to.
func (e *Engine) connect(t *task, c *container, want runtime.Container, request *taskapi.CreateTaskRequest) error {
	if want.Interactive {
		request.Stdin = filepath.Join(c.dir, "in")
		if err := makePipe(request.Stdin); err != nil {
			return err
		}
		request.Stdout, request.Stderr = os.DevNull, os.DevNull // a shim takes all streams or none
	}
	if want.Log != (runtime.LogSink{}) || want.TTY {
		if err := e.follow(t, c, want.Log); err != nil {
			return err
		}
		request.Stdout, request.Stderr = c.pipe(), c.pipe()
	}
	if want.TTY { // a terminal has one output
		request.Stderr = ""
	}
	return nil
}

// follower reads a container's output.
type follower interface {
	// Finish waits for the rest of an ended container's output, but no longer
	// than the time given, and stops.
	Finish(grace time.Duration) error
}

// follow reads a container's output pipe into its log. What a terminal gets is
// read in any case: a full terminal stops its container.
func (e *Engine) follow(t *task, c *container, sink runtime.LogSink) error {
	var f follower
	begins, err := pattern(sink.Begins)
	if err != nil {
		return err
	}
	switch {
	case sink.Stream != "" && e.opts.Logs != nil:
		f, err = logs.Deliver(c.pipe(), t.spool(c.name), logs.Delivery{
			Store: e.opts.Logs, Stream: sink.Stream, Source: t.source(c.name), Buffer: sink.Buffer,
			Begins: begins, Clock: e.clock, Log: e.log,
		})
	case sink.Keep:
		f, err = logs.Keep(c.pipe(), t.log(c.name))
	default:
		f, err = logs.Follow(c.pipe(), stays{io.Discard})
	}
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c.follower = f
	return nil
}

// pattern compiles the expression of a sink, nil for none.
func pattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	p, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("log pattern: %w", err)
	}
	return p, nil
}

// spoolSuffix ends the names of the files that hold what is on its way to a log stream.
const spoolSuffix = ".spool"

func (t *task) spool(container string) string { return t.log(container) + spoolSuffix }

// source is a container's name for the log store.
func (t *task) source(container string) string { return t.id + "/" + container }

// detachLogs stops delivering to log streams; the next server goes on with it.
func (t *task) detachLogs() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.containers {
		if d, ok := c.follower.(*logs.Deliverer); ok {
			d.Detach()
		}
	}
}

// forgetLogs has the log store forget the task's containers.
func (e *Engine) forgetLogs(t *task) error {
	spools, err := filepath.Glob(t.spool("*"))
	if err != nil || e.opts.Logs == nil {
		return err
	}
	var errs []error
	for _, path := range spools {
		errs = append(errs, e.opts.Logs.Forget(t.source(strings.TrimSuffix(filepath.Base(path), spoolSuffix))))
	}
	return errors.Join(errs...)
}
