package containerd

import (
	"context"
	"errors"
	"fmt"
	"io"
	goruntime "runtime"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/supervise"
)

// Runtime runs tasks on this machine.
type Runtime struct {
	*supervise.Supervisor
	engine *Engine
}

var (
	_ runtime.Runtime = (*Runtime)(nil)
	_ runtime.Images  = (*Runtime)(nil)
	_ runtime.Logs    = (*Runtime)(nil)
	_ runtime.Execer  = (*Runtime)(nil)
	_ runtime.Downer  = (*Runtime)(nil)
)

// NewRuntime opens the runtime and takes up the tasks of an earlier life.
func NewRuntime(ctx context.Context, opts Options) (*Runtime, error) {
	engine, err := New(ctx, opts)
	if err != nil {
		return nil, err
	}
	s, err := supervise.New(engine, supervise.Options{
		Dir: engine.superviseDir(), Log: opts.Log, Clock: opts.Clock,
		Capabilities: runtime.Capabilities{
			Name: "containerd", Version: Version + " (" + engine.oci.version + ")",
			Architecture: goruntime.GOARCH, NetworkNamespaces: true,
		},
	})
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return &Runtime{Supervisor: s, engine: engine}, nil
}

// EnsureImage implements runtime.Images.
func (e *Engine) EnsureImage(ctx context.Context, ref string, progress func(done, total int64)) (string, error) {
	return e.images.Ensure(ctx, ref, progress)
}

// ImportImages implements runtime.Images.
func (e *Engine) ImportImages(ctx context.Context, archive io.Reader) ([]string, error) {
	return e.images.Import(ctx, archive)
}

// EnsureImage implements runtime.Images.
func (r *Runtime) EnsureImage(ctx context.Context, ref string, progress func(done, total int64)) (string, error) {
	return r.engine.EnsureImage(ctx, ref, progress)
}

// ImportImages implements runtime.Images.
func (r *Runtime) ImportImages(ctx context.Context, archive io.Reader) ([]string, error) {
	return r.engine.ImportImages(ctx, archive)
}

// Health says why containers can't be started just now, nil if they can.
func (r *Runtime) Health() error {
	if err := unix.Access(r.engine.oci.path, unix.X_OK); err != nil {
		return fmt.Errorf("OCI runtime %s: %w", r.engine.oci.path, err)
	}
	return r.engine.pool.Health()
}

// Down implements runtime.Downer.
func (r *Runtime) Down(ctx context.Context) error {
	closing := r.Supervisor.Close()
	return errors.Join(closing, r.engine.Down(ctx), r.engine.removeRecords())
}
