package containerd

import (
	"io"
	"os"
	"path/filepath"

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
	if want.Log.Keep || want.TTY {
		if err := e.follow(t, c, want.Log.Keep); err != nil {
			return err
		}
		request.Stdout, request.Stderr = c.pipe(), c.pipe()
	}
	if want.TTY { // a terminal has one output
		request.Stderr = ""
	}
	return nil
}

// follow reads a container's output pipe into its log. What a terminal gets is
// read in any case: a full terminal stops its container.
func (e *Engine) follow(t *task, c *container, keep bool) error {
	var follower *logs.Follower
	var err error
	if keep {
		follower, err = logs.Keep(c.pipe(), t.log(c.name))
	} else {
		follower, err = logs.Follow(c.pipe(), stays{io.Discard})
	}
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c.follower = follower
	return nil
}
