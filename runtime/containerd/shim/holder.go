package shim

import (
	"context"
	"fmt"
	"os"
	"sync"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/emptypb"
)

// holder keeps a reading end of each container's output pipe open until the
// container is deleted. The task service closes its ends when the container
// ends, and what is in a pipe that nobody has open is lost: the last words of a
// container that ends while the server is away.
type holder struct {
	taskapi.TTRPCTaskService

	creating sync.RWMutex // read-locked by every Create under way

	mu    sync.Mutex
	pipes map[string]*os.File // by container
}

// settle waits for every container in the making. A server that comes back must
// not be told that there is none while a predecessor's last wish is carried out.
func (h *holder) settle() {
	h.creating.Lock()
	defer h.creating.Unlock()
}

// State implements the task service.
func (h *holder) State(ctx context.Context, r *taskapi.StateRequest) (*taskapi.StateResponse, error) {
	h.settle()
	return h.TTRPCTaskService.State(ctx, r)
}

// Shutdown implements the task service: it ends a shim without containers.
func (h *holder) Shutdown(ctx context.Context, r *taskapi.ShutdownRequest) (*emptypb.Empty, error) {
	h.creating.Lock()
	defer h.creating.Unlock()
	return h.TTRPCTaskService.Shutdown(ctx, r)
}

// Create implements the task service. It isn't cut short when the server goes
// away: the OCI runtime makes the container in a process apart from the one that
// would be killed, and nobody would know what comes of it.
func (h *holder) Create(ctx context.Context, r *taskapi.CreateTaskRequest) (*taskapi.CreateTaskResponse, error) {
	h.creating.RLock()
	defer h.creating.RUnlock()
	if r.Stdout != "" {
		f, err := os.OpenFile(r.Stdout, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return nil, fmt.Errorf("open output: %w", err)
		}
		h.hold(r.ID, f)
	}
	answer, err := h.TTRPCTaskService.Create(context.WithoutCancel(ctx), r)
	if err != nil {
		h.hold(r.ID, nil)
	}
	return answer, err
}

// Delete implements the task service.
func (h *holder) Delete(ctx context.Context, r *taskapi.DeleteRequest) (*taskapi.DeleteResponse, error) {
	answer, err := h.TTRPCTaskService.Delete(ctx, r)
	if err == nil && r.ExecID == "" {
		h.hold(r.ID, nil)
	}
	return answer, err
}

// hold replaces what is held for a container; nil lets go.
func (h *holder) hold(id string, f *os.File) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := h.pipes[id]; old != nil {
		_ = old.Close()
	}
	delete(h.pipes, id)
	if f != nil {
		h.pipes[id] = f
	}
}
