package testenv

import (
	"os"
	"os/exec"
	"testing"
)

// setup is what the first process inside does before anything else. It writes
// the PID by which the outside knows it, while /proc is still the outer one,
// and keeps the cgroup mounts when it replaces /sys, without which
// /sys/class/net would show the machine's links. The shell stays as PID 1 of
// the namespace and reaps; everything dies with it.
const setup = `set -e
read -r pid rest < /proc/self/stat
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/cgroup
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
umount -l /run/cgroup
rmdir /run/cgroup
mount -t proc proc /proc
ip link set lo up
set +e
`

// unshare returns a command that runs a shell script after setup, inside fresh
// namespaces that end with the script.
func unshare(script string, args ...string) *exec.Cmd {
	a := []string{
		"--net", "--mount", "--propagation", "private", "--pid", "--ipc",
		"--fork", "--kill-child", "--", "sh", "-c", setup + script, "sh",
	}
	return exec.Command("unshare", append(a, args...)...)
}

// NeedRoot skips the test for a person who isn't root, and fails it in CI
// (CI=true), where a skipped test would hide that nothing was tested.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("needs root: CI must run this test as root")
	}
	t.Skip("needs root, for namespaces")
}
