package images

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

// Names are the images that Archive makes.
var Names = []string{"busybox", "nginx", "redis"}

// Archive returns the path of the archive of an image by its short name, made
// in the cache folder if it isn't there.
func Archive(ctx context.Context, cache, name string) (string, error) {
	path := filepath.Join(cache, name+"-"+runtime.GOARCH+".tar")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	image, err := build(ctx, cache, name)
	if err != nil {
		return "", fmt.Errorf("image %s: %w", name, err)
	}
	f, err := os.CreateTemp(cache, name)
	if err != nil {
		return "", err
	}
	err = ociarchive.Write(f, cache, image)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return path, os.Rename(f.Name(), path)
}

func build(ctx context.Context, cache, name string) (ociarchive.Image, error) {
	switch name {
	case "busybox":
		return Busybox(Busyboxes...)
	case "nginx":
		return nginx(ctx, filepath.Join(cache, "nginx.d"))
	case "redis":
		return redis(ctx, filepath.Join(cache, "redis.d"))
	default:
		return ociarchive.Image{}, fmt.Errorf("there is none; there are %s", strings.Join(Names, ", "))
	}
}

// Cache is the cache folder of this repository: .cache/images beside go.mod.
func Cache() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".cache", "images"), nil
		}
		if dir == "/" {
			return "", errors.New("not inside the repository")
		}
	}
}

// Busyboxes are where a static busybox may be (Debian's busybox-static).
var Busyboxes = []string{"/bin/busybox", "/usr/bin/busybox"}

// applets are what the busybox image offers.
const applets = "cat chmod chown chroot cut date dd df dirname dmesg echo env expr false find free grep head hostname httpd id ip kill ln ls " +
	"mkdir mount mv nc netstat nslookup ping printf ps pwd readlink rm sed seq sh sleep sort stat tail tar tee test touch tr true uname uniq unshare wc wget whoami yes"

// accounts are the users and groups of every image here.
var accounts = []ociarchive.File{
	{Path: "etc/passwd", Mode: 0o644, Text: "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\nalice:x:1000:1001::/home/alice:/bin/sh\n"},
	{Path: "etc/group", Mode: 0o644, Text: "root:x:0:\nwww-data:x:33:\nstaff:x:1001:\nextra:x:1002:alice\n"},
}

// folders of a root file system.
func folders(paths ...string) []ociarchive.File {
	files := []ociarchive.File{{Path: "tmp/", Mode: 0o1777}}
	for _, p := range append([]string{"bin", "dev", "etc", "home", "proc", "root", "sys", "usr", "usr/bin", "var", "var/log", "run"}, paths...) {
		files = append(files, ociarchive.File{Path: p + "/", Mode: 0o755})
	}
	return files
}

// Busybox is an image of busybox, the first of the given files that is there.
// Its command is a shell; its user alice has the number 1000.
func Busybox(candidates ...string) (ociarchive.Image, error) {
	shell, err := busybox(candidates)
	if err != nil {
		return ociarchive.Image{}, err
	}
	return image("busybox", append(append(folders(), accounts...), shell...), ocispec.ImageConfig{
		Env: []string{"PATH=/usr/bin:/bin"}, Cmd: []string{"sh"},
	}), nil
}

func busybox(candidates []string) ([]ociarchive.File, error) {
	for _, path := range candidates {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		files := []ociarchive.File{{Path: "bin/busybox", Mode: 0o755, Source: path}}
		for _, a := range strings.Fields(applets) {
			files = append(files, ociarchive.File{Path: "bin/" + a, Link: "busybox"})
		}
		return files, nil
	}
	return nil, fmt.Errorf("busybox is in none of %s: install busybox-static", strings.Join(candidates, ", "))
}

func image(name string, files []ociarchive.File, config ocispec.ImageConfig) ociarchive.Image {
	return ociarchive.Image{
		Name: "docker.io/kaimon/" + name + ":latest", Architecture: runtime.GOARCH, Config: config,
		Layers: []func(*tar.Writer) error{ociarchive.Files(files...)},
	}
}

// Write writes the archive of an image to w.
func Write(ctx context.Context, w io.Writer, cache, name string) error {
	path, err := Archive(ctx, cache, name)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return errors.Join(err, f.Close())
}
