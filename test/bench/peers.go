package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// measurePeers measures others' starts from the command to the container's first
// word, here a line on its output: a bare OCI runtime, without image, network
// address or API, is the least that anyone can take.
func measurePeers(ctx context.Context, dir string, n int) (table, error) {
	// crun alone refuses cgroup v2 beside v1. This host is ours, and nothing follows.
	_ = syscall.Unmount("/sys/fs/cgroup/unified", syscall.MNT_DETACH)
	var rows table
	for _, name := range []string{"crun", "runc"} {
		if _, err := exec.LookPath(name); err != nil {
			rows = append(rows, row{what: name + " run", value: "not installed"})
			continue
		}
		all, err := runBundles(ctx, name, filepath.Join(dir, name), n)
		if err != nil {
			return rows, fmt.Errorf("%s run: %w", name, err)
		}
		rows = append(rows, quantiles(name+" run (no image, network, API)", all, 0, 0)...)
	}
	for _, name := range []string{"containerd", "ctr"} {
		if _, err := exec.LookPath(name); err != nil {
			return append(rows, row{what: "ctr run", value: "not installed"}), nil
		}
	}
	all, err := runCtr(ctx, filepath.Join(dir, "ctr"), n)
	if err != nil {
		return rows, fmt.Errorf("ctr run: %w", err)
	}
	return append(rows, quantiles("ctr run (no network, API)", all, 0, 0)...), nil
}

// runBundles runs a bundle of busybox n times.
func runBundles(ctx context.Context, name, dir string, n int) ([]time.Duration, error) {
	if err := makeBundle(ctx, name, dir); err != nil {
		return nil, err
	}
	var all []time.Duration
	for i := range n {
		id := fmt.Sprintf("kaimon-bench-%d-%d", os.Getpid(), i)
		cmd := exec.CommandContext(ctx, name, "--root", filepath.Join(dir, "state"), "run", "--bundle", dir, id)
		took, err := firstLine(cmd)
		if err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	return all, nil
}

// firstLine runs a command to its end and returns when its first line came.
func firstLine(cmd *exec.Cmd) (time.Duration, error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	_, err = bufio.NewReader(out).ReadString('\n')
	took := time.Since(begun)
	return took, errors.Join(err, cmd.Wait())
}

// makeBundle makes an OCI bundle with the runtime's own default configuration.
func makeBundle(ctx context.Context, name, dir string) error {
	bin := filepath.Join(dir, "rootfs", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(bin, "busybox"), program, 0o755); err != nil {
		return err
	}
	spec := exec.CommandContext(ctx, name, "spec")
	spec.Dir = dir
	if out, err := spec.CombinedOutput(); err != nil {
		return fmt.Errorf("spec: %w: %s", err, out)
	}
	return configure(filepath.Join(dir, "config.json"), "/bin/busybox", "echo", "ready")
}
