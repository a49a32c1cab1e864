package containerd

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"kaimon.dev/kaimon/runtime/containerd/cgroup"
)

// ociRuntime is the program that makes containers.
type ociRuntime struct {
	path    string
	version string // "crun 1.8.1"
	// ownMounts says that it must not see the host's mounts as they are: crun
	// refuses to work where cgroup v2 is mounted beside v1.
	ownMounts bool
}

// findRuntime takes the wanted runtime, or crun, which is twice as fast, or runc.
func findRuntime(ctx context.Context, wanted string, mode cgroup.Mode) (ociRuntime, error) {
	candidates := []string{"crun", "runc"}
	if wanted != "" {
		candidates = []string{wanted}
	}
	var errs []error
	for _, name := range candidates {
		r, err := probe(ctx, name, mode)
		if err == nil {
			return r, nil
		}
		errs = append(errs, err)
	}
	return ociRuntime{}, fmt.Errorf("no OCI runtime (install crun or runc): %w", errors.Join(errs...))
}

func probe(ctx context.Context, name string, mode cgroup.Mode) (ociRuntime, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return ociRuntime{}, err
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return ociRuntime{}, fmt.Errorf("%s --version: %w", path, err)
	}
	version := parseVersion(string(out))
	return ociRuntime{
		path: path, version: version,
		ownMounts: mode == cgroup.Hybrid && strings.HasPrefix(version, "crun "),
	}, nil
}

// parseVersion reads the name and number from the first line of what both
// runtimes print: "crun version 1.8.1".
func parseVersion(out string) string {
	line, _, _ := strings.Cut(out, "\n")
	name, number, ok := strings.Cut(strings.TrimSpace(line), " version ")
	if !ok {
		return strings.TrimSpace(line)
	}
	return name + " " + number
}
