package shim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/ttrpc"
	"golang.org/x/sys/unix"
)

// Shim is the server's end of a running shim.
type Shim struct {
	// ID names the shim; Pid is its process.
	ID  string
	Pid int
	// Service is the task service of its containers. Calls need a Context of this package.
	Service taskapi.TTRPCTaskService

	client *ttrpc.Client
	gone   chan struct{}
}

// Context marks ctx with the namespace that every call to a shim needs.
func Context(ctx context.Context) context.Context {
	return namespaces.WithNamespace(ctx, Namespace)
}

// Gone is closed once the connection has broken, which means that the shim ended.
func (s *Shim) Gone() <-chan struct{} { return s.gone }

// Close ends the connection and leaves the shim running.
func (s *Shim) Close() error { return s.client.Close() }

// Shutdown ends a shim that has no containers left and waits until it is gone.
func (s *Shim) Shutdown(ctx context.Context) error {
	_, err := s.Service.Shutdown(Context(ctx), &taskapi.ShutdownRequest{ID: s.ID})
	if err != nil && !errors.Is(err, ttrpc.ErrClosed) {
		return fmt.Errorf("shut down shim %s: %w", s.ID, err)
	}
	select {
	case <-s.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("shut down shim %s: %w", s.ID, ctx.Err())
	}
}

func newShim(id string, pid int, conn net.Conn) *Shim {
	s := &Shim{ID: id, Pid: pid, gone: make(chan struct{})}
	s.client = ttrpc.NewClient(conn, ttrpc.WithOnClose(func() { close(s.gone) }))
	s.Service = taskapi.NewTTRPCTaskClient(s.client)
	return s
}

// Kill ends the process pid if it is the shim id, and nothing if that pid has
// become another process since.
func Kill(id string, pid int) error {
	environ, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "environ"))
	if err != nil || !strings.Contains("\x00"+string(environ), "\x00"+marker+"="+id+"\x00") {
		return nil // gone, or somebody else's
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill shim %s: %w", id, err)
	}
	return nil
}

const dialTimeout = 2 * time.Second
