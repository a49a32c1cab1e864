package containerd

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/runtime/containerd/shim"
	"kaimon.dev/kaimon/runtime/supervise"
)

// killed is the exit code of a process ended by SIGKILL.
const killed = 128 + int(unix.SIGKILL)

// watch waits for the end of a container's process and reports it.
func (e *Engine) watch(t *task, c *container, s *shim.Shim, attempt int) {
	e.watches.Go(func() {
		exit := supervise.Exit{TaskID: t.id, Container: c.name, Attempt: attempt}
		answer, err := s.Service.Wait(shim.Context(context.Background()), &taskapi.WaitRequest{ID: c.id})
		if e.closing.Load() {
			return // detached: the container runs on
		}
		if err != nil {
			e.log.Warn("container lost", "task", t.id, "container", c.name, "error", err)
			exit.Lost, exit.Code, exit.At = true, killed, e.clock.Now()
			e.killOrphan(t, c)
		} else {
			exit.Code, exit.At = int(answer.ExitStatus), answer.ExitedAt.AsTime().UTC().Truncate(time.Millisecond)
			exit.OOM = e.oomKilled(t, c, exit.Code)
		}
		e.ended(t, c, exit)
		e.events.put(exit)
	})
}

// ended completes the log and records the exit, so that it is known after a
// restart; not if the container has been cleared away meanwhile.
func (e *Engine) ended(t *task, c *container, exit supervise.Exit) {
	t.mu.Lock()
	follower := c.follower
	c.follower = nil
	t.mu.Unlock()
	if follower != nil {
		if err := follower.Finish(logGrace); err != nil {
			e.log.Warn("cannot complete a log", "task", t.id, "container", c.name, "error", err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.record == nil || c.record.Attempt != exit.Attempt {
		return
	}
	record := *c.record
	record.Exit = &exit
	c.record = &record
	if err := writeJSON(c.recordPath(), record); err != nil {
		e.log.Warn("cannot record an exit", "task", t.id, "container", c.name, "error", err)
	}
}

// oomKilled says whether the kernel ended the container for want of memory.
func (e *Engine) oomKilled(t *task, c *container, code int) bool {
	if code != killed {
		return false
	}
	n, err := e.groups.OOMKills(t.id, c.name)
	return err == nil && n > 0
}

// killOrphan ends what is left of a container whose shim has gone.
func (e *Engine) killOrphan(t *task, c *container) {
	ctx, cancel := context.WithTimeout(context.Background(), shimGrace)
	defer cancel()
	if err := e.groups.Kill(ctx, t.id, c.name); err != nil {
		e.log.Warn("cannot kill what a lost container left", "task", t.id, "container", c.name, "error", err)
	}
	if err := e.sweep(t, c); err != nil {
		e.log.Warn("cannot clean up after a lost container", "task", t.id, "container", c.name, "error", err)
	}
}

// sweep removes what an OCI runtime keeps of a container whose processes have
// ended, without its help: its state, its mounts, its control group.
func (e *Engine) sweep(t *task, c *container) error {
	return errors.Join(
		os.RemoveAll(filepath.Join(e.ociRoot(), shim.Namespace, c.id)),
		unmountBelow(c.dir),
		e.groups.Remove(t.id, c.name),
	)
}

// copyFile copies a program.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(err, out.Close())
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Chtimes(to, st.ModTime(), st.ModTime())
}
