package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"kaimon.dev/kaimon/test/images"
)

// runCtr runs busybox n times by containerd's command line, with a containerd of
// the bench's own.
func runCtr(ctx context.Context, dir string, n int) (_ []time.Duration, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	config, socket := filepath.Join(dir, "config.toml"), filepath.Join(dir, "s")
	if err := os.WriteFile(config, []byte("version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n"), 0o644); err != nil {
		return nil, err
	}
	daemon := exec.Command("containerd", "--config", config, "--log-level", "error",
		"--root", filepath.Join(dir, "root"), "--state", filepath.Join(dir, "state"), "--address", socket)
	if err := daemon.Start(); err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, daemon.Process.Signal(syscall.SIGTERM))
		_ = daemon.Wait() // it was told to end
	}()
	ctr := func(args ...string) *exec.Cmd {
		return exec.CommandContext(ctx, "ctr", append([]string{"--address", socket}, args...)...)
	}
	for range 100 {
		if err = ctr("version").Run(); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("containerd doesn't answer: %w", err)
	}
	cache, err := images.Cache()
	if err != nil {
		return nil, err
	}
	archive, err := images.Archive(ctx, cache, "busybox")
	if err != nil {
		return nil, err
	}
	if out, err := ctr("images", "import", archive).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("import: %w: %s", err, out)
	}
	var all []time.Duration
	for i := range n {
		took, err := firstLine(ctr("run", "--rm", "docker.io/kaimon/busybox:latest", fmt.Sprintf("bench%d", i), "echo", "ready"))
		if err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	return all, nil
}
