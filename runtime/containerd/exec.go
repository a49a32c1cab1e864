package containerd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"google.golang.org/protobuf/types/known/anypb"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/logs"
	"kaimon.dev/kaimon/runtime/containerd/shim"
	"kaimon.dev/kaimon/runtime/supervise"
)

// Exec implements supervise.Engine.
func (e *Engine) Exec(ctx context.Context, taskID, name string, argv []string, stdio runtime.Stdio) (int, error) {
	t, c, err := e.container(taskID, name)
	if err != nil {
		return 0, err
	}
	s := t.current()
	if s == nil {
		return 0, fmt.Errorf("container %s: %w", name, supervise.ErrNoContainer)
	}
	x := &execution{id: clock.Hex(8), container: c, shim: s, dir: filepath.Join(e.opts.RunDir, "x")}
	defer x.remove()
	if err := x.prepare(argv, stdio); err != nil {
		return 0, fmt.Errorf("exec in container %s: %w", name, err)
	}
	code, err := x.run(ctx, stdio.In)
	if err != nil {
		return 0, fmt.Errorf("exec in container %s: %w", name, err)
	}
	return code, nil
}

// execution is one further process in a container.
type execution struct {
	id        string
	container *container
	shim      *shim.Shim
	dir       string
	request   *taskapi.ExecProcessRequest
	outputs   []*logs.Follower
}

// prepare makes the process's spec, which is the container's with another
// command, and its streams.
func (x *execution) prepare(argv []string, stdio runtime.Stdio) error {
	var spec specs.Spec
	if err := readJSON(filepath.Join(x.container.dir, "config.json"), &spec); err != nil {
		return err
	}
	spec.Process.Args, spec.Process.Terminal = argv, false
	raw, err := json.Marshal(spec.Process)
	if err != nil {
		return err
	}
	x.request = &taskapi.ExecProcessRequest{ID: x.container.id, ExecID: x.id, Spec: &anypb.Any{
		TypeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Process", Value: raw,
	}}
	x.dir = filepath.Join(x.dir, x.id)
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return err
	}
	for _, o := range []struct {
		to   io.Writer
		name string
		path *string
	}{{stdio.Out, "out", &x.request.Stdout}, {stdio.Err, "err", &x.request.Stderr}} {
		if o.to == nil {
			if stdio != (runtime.Stdio{}) {
				*o.path = os.DevNull // a shim takes all streams or none
			}
			continue
		}
		*o.path = filepath.Join(x.dir, o.name)
		f, err := logs.Follow(*o.path, stays{o.to})
		if err != nil {
			return err
		}
		x.outputs = append(x.outputs, f)
	}
	if stdio.In == nil {
		return nil
	}
	x.request.Stdin = filepath.Join(x.dir, "in")
	return makePipe(x.request.Stdin)
}

// feed copies standard input; its end is the process's end of file. The shim
// opens its end of the pipe in its own time, and opening ours waits for that.
func (x *execution) feed(in io.Reader) {
	f, err := os.OpenFile(x.request.Stdin, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	_, _ = io.Copy(f, in) // a process need not read all
	_ = f.Close()
	_, _ = x.shim.Service.CloseIO(shim.Context(context.Background()), &taskapi.CloseIORequest{ID: x.container.id, ExecID: x.id, Stdin: true})
}

// run starts the process and waits for its end and that of its output.
func (x *execution) run(ctx context.Context, in io.Reader) (code int, err error) {
	detached := shim.Context(context.WithoutCancel(ctx))
	service, id := x.shim.Service, x.container.id
	if _, err := service.Exec(detached, x.request); err != nil {
		return 0, native(err)
	}
	defer func() {
		_, _ = service.Delete(detached, &taskapi.DeleteRequest{ID: id, ExecID: x.id})
	}()
	if _, err := service.Start(detached, &taskapi.StartRequest{ID: id, ExecID: x.id}); err != nil {
		return 0, native(err)
	}
	if in != nil {
		go x.feed(in)
	}
	stop := context.AfterFunc(ctx, func() {
		_, _ = service.Kill(detached, &taskapi.KillRequest{ID: id, ExecID: x.id, Signal: uint32(unix.SIGKILL)})
	})
	defer stop()
	answer, err := service.Wait(detached, &taskapi.WaitRequest{ID: id, ExecID: x.id})
	if err != nil {
		return 0, native(err)
	}
	for _, f := range x.outputs {
		if err := f.Finish(logGrace); err != nil {
			return 0, err
		}
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	return int(answer.ExitStatus), nil
}

func (x *execution) remove() {
	for _, f := range x.outputs {
		_ = f.Finish(0)
	}
	if x.request != nil && x.request.Stdin != "" {
		// Ends a feed that still waits for a shim.
		if f, err := os.OpenFile(x.request.Stdin, os.O_RDWR|unix.O_NONBLOCK, 0); err == nil {
			_ = f.Close()
		}
	}
	_ = os.RemoveAll(x.dir)
}

// stays is a writer that isn't ours to close.
type stays struct{ io.Writer }

func (stays) Close() error { return nil }
