package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packages downloads Debian packages with all that they depend on into dir and
// returns the folder where they lie unpacked. Maintainer scripts don't run.
func packages(ctx context.Context, dir string, names ...string) (string, error) {
	debs, root := filepath.Join(dir, "debs"), filepath.Join(dir, "root")
	for _, d := range []string{debs, root} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return "", err
		}
	}
	if err := download(ctx, debs, names); err != nil {
		// A machine's lists of packages may be missing, or too old to find them.
		if _, failed := run(ctx, "/", "apt-get", "-qq", "update"); failed != nil {
			return "", errors.Join(err, failed)
		}
		if err := download(ctx, debs, names); err != nil {
			return "", err
		}
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if _, err := run(ctx, dir, "dpkg-deb", "-x", f, root); err != nil {
			return "", err
		}
	}
	return root, nil
}

// download fetches packages and the libraries that they need into dir.
func download(ctx context.Context, dir string, names []string) error {
	closure, err := dependencies(ctx, names)
	if err != nil {
		return err
	}
	// apt's user has no access to a cache below root's home.
	_, err = run(ctx, dir, "apt-get", append([]string{"-qq", "-o", "APT::Sandbox::User=root", "download"}, closure...)...)
	return err
}

// dependencies lists the packages that a machine with none would need for names,
// libraries only beside names themselves.
func dependencies(ctx context.Context, names []string) ([]string, error) {
	out, err := run(ctx, "/", "apt-get", append([]string{
		"-qq", "-o", "Dir::State::status=/dev/null", "-o", "Debug::NoLocking=1",
		"-o", "APT::Install-Recommends=false", "--print-uris", "install",
	}, names...)...)
	if err != nil {
		return nil, err
	}
	return append(libraries(string(out)), names...), nil
}

// libraries reads the names of library packages out of apt's list of what it
// would download: a line has an address, a file name, a size and a checksum.
func libraries(uris string) []string {
	var list []string
	for line := range strings.Lines(uris) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		name, _, _ := strings.Cut(fields[1], "_")
		if strings.HasPrefix(name, "lib") || strings.HasPrefix(name, "zlib") {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func run(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// Docker returns a folder with Docker's engine and containerd from Debian's
// packages below it, unpacked but not installed: they would start with the
// machine. It is kept in the cache.
func Docker(ctx context.Context, cache string) (root string, err error) {
	dir := filepath.Join(cache, "docker")
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return filepath.Join(dir, "root"), nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if root, err = packages(ctx, dir, "docker.io", "containerd"); err != nil {
		return "", err
	}
	if err := os.RemoveAll(filepath.Join(dir, "debs")); err != nil {
		return "", err
	}
	return root, os.WriteFile(filepath.Join(dir, "complete"), nil, 0o644)
}
