package containerd

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Down ends every container without grace and removes all that the engine made
// on the machine but images: processes, mounts, control groups, folders. The
// engine is closed then. It needs no Recover first.
func (e *Engine) Down(ctx context.Context) error {
	closing := e.Close()                            // nobody is to hear of the ends that follow
	if err := e.groups.RemoveAll(ctx); err != nil { // shims are in a group too
		return errors.Join(closing, fmt.Errorf("containerd down: %w", err))
	}
	err := errors.Join(
		unmountBelow(e.opts.Dir),
		os.RemoveAll(e.tasksDir()),
		os.RemoveAll(e.opts.RunDir),
	)
	if err != nil {
		err = fmt.Errorf("containerd down: %w", err)
	}
	return errors.Join(closing, err)
}

// removeRecords removes the supervisor's records, after Down.
func (e *Engine) removeRecords() error { return os.RemoveAll(e.superviseDir()) }
