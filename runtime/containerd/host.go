package containerd

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/runtime/containerd/cgroup"
	"kaimon.dev/kaimon/runtime/containerd/ocispec"
)

// host is what this machine can do for containers.
func (e *Engine) host() ocispec.Host {
	_, err := os.Stat("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
	return ocispec.Host{
		Unified:   e.groups.Mode() == cgroup.Unified,
		SwapLimit: err == nil,
		HardLimit: hardLimit,
	}
}

// resources are the limits of setrlimit(2), by ECS's names (Ulimit).
var resources = map[string]int{
	"core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA,
	"fsize": unix.RLIMIT_FSIZE, "locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK,
	"msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE,
	"nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS, "rtprio": unix.RLIMIT_RTPRIO,
	"rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK,
}

// hardLimit is how far a limit can be raised: to our own hard limit without
// CAP_SYS_RESOURCE, without bound with it, but for open files, which the kernel
// bounds for everyone (fs.nr_open).
func hardLimit(name string) (int64, bool) {
	resource, ok := resources[name]
	if !ok || mayRaise() {
		return 0, false
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil || limit.Max == unix.RLIM_INFINITY {
		return 0, false
	}
	return int64(limit.Max), true
}

// mayRaise says whether this process has CAP_SYS_RESOURCE.
func mayRaise() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}

// installInit puts this program where containers can be given it as their init:
// by a hard link, or a copy where Dir is on another file system. A path of its
// own stays valid when the program is upgraded.
func installInit(dir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "init")
	have, err := os.Stat(path)
	if err == nil {
		if now, err := os.Stat("/proc/self/exe"); err == nil && (os.SameFile(have, now) || have.Size() == now.Size() && have.ModTime().Equal(now.ModTime())) {
			return path, nil
		}
	}
	fresh := path + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return "", err
	}
	if err := os.Link(self, fresh); err != nil {
		if err := copyFile("/proc/self/exe", fresh); err != nil {
			return "", err
		}
	}
	return path, os.Rename(fresh, path)
}
