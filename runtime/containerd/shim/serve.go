package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/task"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/shutdown"
	"github.com/containerd/containerd/v2/pkg/sys/reaper"
	"github.com/containerd/log"
	"github.com/containerd/ttrpc"
	"golang.org/x/sys/unix"
)

const (
	// marker is set in a shim's environment to its ID, and is how the binary
	// knows that it is one: the kernel keeps it in /proc/<pid>/environ.
	marker = "KAIMON_SHIM"
	// mountsMarker asks for mounts of its own.
	mountsMarker = "KAIMON_SHIM_MOUNTS"
	// Namespace is the containerd namespace of everything that Kaimon makes.
	Namespace = "kaimon"

	listenerFD = 3
	leaseFD    = 4
)

// Main serves as a shim if this process was started as one, and says whether it
// was. It belongs first in main: a shim must not do what the server does.
func Main() (handled bool) {
	id := os.Getenv(marker)
	if id == "" {
		return false
	}
	if err := serve(id); err != nil {
		fmt.Fprintf(os.Stderr, "shim %s: %v\n", id, err)
		os.Exit(1)
	}
	return true
}

func serve(id string) error {
	privateMounts := os.Getenv(mountsMarker) != ""
	for _, name := range []string{marker, mountsMarker} {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	// What this process starts must not have them: a runtime that outlives it would
	// keep the socket open, where servers connect and nobody answers.
	unix.CloseOnExec(listenerFD)
	unix.CloseOnExec(leaseFD)
	debug.SetGCPercent(40) // a shim allocates little, and there are many
	if err := log.SetLevel("warn"); err != nil {
		return err
	}
	if privateMounts {
		if err := ownMounts(); err != nil {
			return err
		}
	}
	if err := reaper.SetSubreaper(1); err != nil {
		return fmt.Errorf("become the subreaper: %w", err)
	}
	go reap()

	ctx, stop := shutdown.WithShutdown(namespaces.WithNamespace(context.Background(), Namespace))
	service, err := task.NewTaskService(ctx, noEvents{}, stop)
	if err != nil {
		return fmt.Errorf("task service: %w", err)
	}
	server, err := ttrpc.NewServer(ttrpc.WithServerHandshaker(ttrpc.UnixSocketRequireSameUser()))
	if err != nil {
		return err
	}
	held := &holder{TTRPCTaskService: service, pipes: map[string]*os.File{}}
	taskapi.RegisterTTRPCTaskService(server, held)
	listener, err := net.FileListener(os.NewFile(listenerFD, "listener"))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	go endWithoutUse(held, id)
	go func() { // the machine shuts down
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, unix.SIGTERM)
		<-terminated
		stop.Shutdown()
	}()
	go func() {
		if err := server.Serve(ctx, listener); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, ttrpc.ErrServerClosed) {
			fmt.Fprintf(os.Stderr, "shim %s: serve: %v\n", id, err)
			stop.Shutdown()
		}
	}()
	<-stop.Done()
	// The answer to the Shutdown call itself may still be on its way.
	return server.Shutdown(context.Background())
}

// reap collects ended children: the containers' first processes and, as the
// subreaper, whatever these leave behind. On a busy machine it may get to run
// only after the first of them has ended, whose signal nobody took.
func reap() {
	signals := make(chan os.Signal, 32)
	signal.Notify(signals, unix.SIGCHLD)
	signal.Ignore(unix.SIGPIPE, unix.SIGINT, unix.SIGHUP)
	for {
		if err := reaper.Reap(); err != nil {
			fmt.Fprintf(os.Stderr, "reap: %v\n", err)
		}
		<-signals
	}
}

// endWithoutUse ends a shim without containers when its server is gone: the
// other end of the pipe closes with that process, however it ends. A shim with
// containers ignores the call.
func endWithoutUse(service *holder, id string) {
	lease := os.NewFile(leaseFD, "lease")
	_, _ = io.Copy(io.Discard, lease)
	_ = lease.Close()
	if _, err := service.Shutdown(context.Background(), &taskapi.ShutdownRequest{ID: id}); err != nil {
		fmt.Fprintf(os.Stderr, "shim %s: shut down: %v\n", id, err)
	}
}

// noEvents drops the task service's events: the server waits for each container
// by call, and asks for its state when it comes back.
type noEvents struct{}

func (noEvents) Publish(context.Context, string, events.Event) error { return nil }
func (noEvents) Close() error                                        { return nil }
