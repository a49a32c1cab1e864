package containerd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/api/types/runc/options"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"github.com/containerd/ttrpc"
	"github.com/containerd/typeurl/v2"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/runtime/containerd/images"
	"kaimon.dev/kaimon/runtime/containerd/ocispec"
	"kaimon.dev/kaimon/runtime/containerd/shim"
	"kaimon.dev/kaimon/runtime/supervise"
)

const (
	// shimPatience is how long a shim may take to forget a container: more than the
	// ten seconds that it waits for the rest of the output.
	shimPatience = 15 * time.Second
	// clearPatience bounds clearing away what a start that failed has left.
	clearPatience = 30 * time.Second
	// shimGrace is how long a shim may take to end.
	shimGrace = 5 * time.Second
	// logGrace is how long the rest of an ended container's output may take.
	logGrace = time.Second
)

// Start implements supervise.Engine.
func (e *Engine) Start(ctx context.Context, spec runtime.Spec, name string, attempt int) (supervise.Started, error) {
	t, err := e.task(spec.ID)
	if err != nil {
		return supervise.Started{}, err
	}
	i := slices.IndexFunc(spec.Containers, func(c runtime.Container) bool { return c.Name == name })
	if i < 0 {
		return supervise.Started{}, fmt.Errorf("container %s: %w", name, supervise.ErrNoContainer)
	}
	t.mu.Lock()
	c, ok := t.containers[name]
	if !ok {
		c = t.newContainer(name)
		t.containers[name] = c
	}
	t.mu.Unlock()
	s, started, stopSignal, err := e.launchSomewhere(ctx, t, c, spec, spec.Containers[i])
	if err != nil {
		return supervise.Started{}, err
	}
	record := containerRecord{
		Attempt: attempt, StopSignal: stopSignal, Started: started,
		Keep: spec.Containers[i].Log.Keep, TTY: spec.Containers[i].TTY, Digest: spec.Containers[i].Digest,
		Stream: spec.Containers[i].Log.Stream, Buffer: spec.Containers[i].Log.Buffer, Begins: spec.Containers[i].Log.Begins,
	}
	if err := writeJSON(c.recordPath(), record); err != nil {
		return supervise.Started{}, errors.Join(err, e.clearFailed(ctx, t, c))
	}
	t.mu.Lock()
	c.record = &record
	t.mu.Unlock()
	e.watch(t, c, s, attempt)
	return started, nil
}

// launches bounds how often a container is started in a new shim because the
// last one went away.
const launches = 3

// launchSomewhere starts the container in the task's shim. One of an earlier
// server that was about to end, because it had no container, may be found while
// it still answers: then the container starts in another.
func (e *Engine) launchSomewhere(ctx context.Context, t *task, c *container, spec runtime.Spec, want runtime.Container) (s *shim.Shim, started supervise.Started, stopSignal string, err error) {
	for range launches {
		if s, err = e.shimOf(ctx, t); err != nil {
			return nil, started, "", err
		}
		// What an earlier attempt, or a start that was cut short, has left.
		if err = e.clear(ctx, t, c); err == nil {
			started, stopSignal, err = e.launch(ctx, t, c, s, spec, want)
		}
		if err == nil {
			return s, started, stopSignal, nil
		}
		if !errors.Is(err, ttrpc.ErrClosed) {
			break
		}
		select {
		case <-s.Gone():
		case <-ctx.Done():
			return nil, started, "", ctx.Err()
		}
	}
	return nil, started, "", errors.Join(err, e.clearFailed(ctx, t, c))
}

// clearFailed clears a container away whose start failed, also for want of time.
func (e *Engine) clearFailed(ctx context.Context, t *task, c *container) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearPatience)
	defer cancel()
	return e.clear(ctx, t, c)
}

// launch makes the container's file system and spec and starts its process.
func (e *Engine) launch(ctx context.Context, t *task, c *container, s *shim.Shim, spec runtime.Spec, want runtime.Container) (_ supervise.Started, stopSignal string, err error) {
	var none supervise.Started
	image, err := e.images.Image(ctx, want.Digest)
	if err != nil {
		return none, "", &supervise.StartError{Reason: "CannotCreateContainerError: " + err.Error()}
	}
	netns, err := openNamespace(spec.NetworkNamespace)
	if err != nil {
		return none, "", err
	}
	defer netns.Close()
	if err := e.fillVolumes(ctx, t, want, image); err != nil {
		return none, "", err
	}
	mounts, err := c.prepare(image)
	if err != nil {
		return none, "", err
	}
	learn, err := e.writeSpec(ctx, t, c, spec, want, image, netns.path())
	if err != nil {
		return none, "", err
	}
	request := &taskapi.CreateTaskRequest{ID: c.id, Bundle: c.dir, Rootfs: mounts, Terminal: want.TTY}
	if request.Options, err = typeurl.MarshalAnyToProto(&options.Options{BinaryName: e.oci.path, Root: e.ociRoot()}); err != nil {
		return none, "", err
	}
	if err := e.connect(t, c, want, request); err != nil {
		return none, "", err
	}
	ctx = shim.Context(ctx)
	if _, err := s.Service.Create(ctx, request); err != nil {
		return none, "", startError(ctx, err)
	}
	learn(e.ociRoot(), c.id)
	at := e.clock.Now() // before the start, so that no end comes before it
	answer, err := s.Service.Start(ctx, &taskapi.StartRequest{ID: c.id})
	if err != nil {
		return none, "", startError(ctx, err)
	}
	return supervise.Started{RuntimeID: c.id, Pid: int(answer.Pid), At: at}, ocispec.StopSignal(image.Config.StopSignal), nil
}

// prepare makes the container's folders and says how to mount its root.
func (c *container) prepare(image *images.Image) ([]*types.Mount, error) {
	upper, work := filepath.Join(c.dir, "rw", "upper"), filepath.Join(c.dir, "rw", "work")
	for _, dir := range []string{upper, work} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("container %s: %w", c.name, err)
		}
	}
	if len(image.Lowers) == 0 {
		return []*types.Mount{{Type: "bind", Source: upper, Options: []string{"rbind", "rw"}}}, nil
	}
	return []*types.Mount{{Type: "overlay", Source: "overlay", Options: []string{
		"lowerdir=" + strings.Join(image.Lowers, ":"), "upperdir=" + upper, "workdir=" + work,
	}}}, nil
}

// writeSpec writes the container's OCI spec into its bundle.
func (e *Engine) writeSpec(ctx context.Context, t *task, c *container, spec runtime.Spec, want runtime.Container, image *images.Image, netns string) (learn func(root, id string), err error) {
	user, err := image.User(ocispec.UserString(want, image.Config))
	if err != nil {
		return nil, &supervise.StartError{Reason: "CannotStartContainerError: " + err.Error()}
	}
	oci, notes, err := ocispec.Build(ocispec.Input{
		Task: spec, Container: want, Image: image.Config,
		User:       ocispec.User{UID: user.Uid, GID: user.Gid, Groups: user.Sgids, Home: user.Home},
		Rootfs:     c.rootfs(),
		CgroupPath: e.groups.Path(t.id, c.name), NetworkNamespace: netns,
		Hosts: t.etc("hosts"), Hostname: t.etc("hostname"), ResolvConf: t.etc("resolv.conf"), Init: e.initPath,
		VolumePath: t.volume, Host: e.host(),
	})
	if err != nil {
		return nil, &supervise.StartError{Reason: "CannotCreateContainerError: " + err.Error()}
	}
	for _, n := range notes {
		level := slog.LevelDebug
		if _, said := e.noted.LoadOrStore(n, true); !said {
			level = slog.LevelWarn // what this machine can't do, it can't do for anyone
		}
		e.log.Log(ctx, level, "container gets less than it asked for", "task", t.id, "container", c.name, "note", n)
	}
	learn, err = e.seccomp.apply(e.oci, oci)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(oci)
	if err != nil {
		return nil, err
	}
	return learn, os.WriteFile(filepath.Join(c.dir, "config.json"), data, 0o600)
}

// startError words the refusal of the OCI runtime as Fargate does. A shim that
// went away, or too little time, is not the container's fault.
func startError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ttrpc.ErrClosed) {
		return err
	}
	return &supervise.StartError{Reason: fmt.Sprintf(
		"CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: %v", errgrpc.ToNative(err))}
}
