package shim

import (
	"errors"
	"fmt"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// unifiedHierarchy is where hybrid hosts mount cgroup v2 beside v1.
const unifiedHierarchy = "/sys/fs/cgroup/unified"

// ownMounts makes the mount namespace that this process was started in differ
// from the host's: without the unified hierarchy, which crun refuses to see
// beside v1, and without mounted network namespaces, which a long-lived copy
// would keep alive after the host has removed them.
func ownMounts() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("receive mounts only: %w", err)
	}
	mounts, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) {
		return m.FSType != "nsfs" && m.Mountpoint != unifiedHierarchy, false
	})
	if err != nil {
		return fmt.Errorf("list mounts: %w", err)
	}
	for _, m := range mounts {
		// EINVAL: covered by another mount, and so out of anyone's sight.
		// ENOENT: a network namespace that the host has removed meanwhile.
		err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH)
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("unmount %s: %w", m.Mountpoint, err)
		}
	}
	return nil
}
