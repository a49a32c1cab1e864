package ocispec

import (
	"fmt"
	"path"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"kaimon.dev/kaimon/runtime/containerd/initproc"
)

// defaultShm is the size of /dev/shm in MiB where nothing is said (Docker's).
const defaultShm = 64

// mounts are the system's, then the task's files, then what the container asks
// for, parents before children so that none hides another.
func mounts(in Input) ([]specs.Mount, error) {
	shm := in.Container.SharedMemorySize
	if shm == 0 {
		shm = defaultShm
	}
	list := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", fmt.Sprintf("size=%dk", shm<<10)}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "relatime", "ro"}},
	}
	if in.Container.Init {
		list = append(list, bind(in.Init, initproc.Path, "ro"))
	}
	var own []specs.Mount
	for _, f := range []struct{ from, to string }{
		{in.Hosts, "/etc/hosts"}, {in.Hostname, "/etc/hostname"}, {in.ResolvConf, "/etc/resolv.conf"},
	} {
		if f.from != "" {
			own = append(own, bind(f.from, f.to, "rw"))
		}
	}
	for _, t := range in.Container.Tmpfs {
		options := []string{"nosuid", "nodev", "noexec", "mode=1777", fmt.Sprintf("size=%dm", t.SizeMiB)}
		own = append(own, specs.Mount{Destination: path.Join("/", t.Path), Type: "tmpfs", Source: "tmpfs", Options: append(options, t.Options...)})
	}
	for _, m := range in.Container.Mounts {
		if !slices.ContainsFunc(in.Task.Volumes, hasName(m.Volume)) {
			return nil, fmt.Errorf("volume %q is not of this task", m.Volume)
		}
		mode := "rw"
		if m.ReadOnly {
			mode = "ro"
		}
		own = append(own, bind(in.VolumePath(m.Volume), path.Join("/", m.Path), mode))
	}
	slices.SortStableFunc(own, func(a, b specs.Mount) int { return depth(a.Destination) - depth(b.Destination) })
	return append(list, own...), nil
}

func bind(from, to, mode string) specs.Mount {
	return specs.Mount{Destination: to, Type: "bind", Source: from, Options: []string{"rbind", "rprivate", mode}}
}

func depth(p string) int { return strings.Count(path.Clean(p), "/") }
