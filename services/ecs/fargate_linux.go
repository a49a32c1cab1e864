package ecs

import (
	"slices"
	"strings"
)

// capabilities are the names that KernelCapabilities takes (API Reference).
var capabilities = strings.Fields(`ALL AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE
	DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN
	MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP
	SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO
	SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM`)

// tmpfsOptions are the mount options that Tmpfs takes (API Reference, "Tmpfs"),
// apart from mode, uid, gid, nr_inodes, nr_blocks and mpol, which have values.
var tmpfsOptions = strings.Fields(`defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync
	remount mand nomand atime noatime diratime nodiratime bind rbind unbindable runbindable private
	rprivate shared rshared slave rslave relatime norelatime strictatime nostrictatime`)

var tmpfsValueOptions = []string{"mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"}

// ulimitNames are the limits of the API Reference, "Ulimit".
var ulimitNames = strings.Fields(`core cpu data fsize locks memlock msgqueue nice nofile nproc rss
	rtprio rttime sigpending stack`)

// ipcControls are the namespaced kernel parameters that are not under net. or
// fs.mqueue. (API Reference, "SystemControl").
var ipcControls = strings.Fields(`kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall
	kernel.shmmax kernel.shmmni kernel.shm_rmid_forced`)

func checkLinuxParameters(c *ContainerDefinition) error {
	l := c.LinuxParameters
	if l == nil {
		return nil
	}
	if k := l.Capabilities; k != nil {
		for _, name := range k.Add {
			if name != "SYS_PTRACE" {
				return badContainer(c, "linuxParameters: Fargate only supports adding the capability SYS_PTRACE, not '%s'.", name)
			}
		}
		for _, name := range k.Drop {
			if !slices.Contains(capabilities, name) {
				return badContainer(c, "linuxParameters: '%s' is not a valid capability to drop.", name)
			}
		}
	}
	for _, t := range l.Tmpfs {
		if err := checkTmpfs(c, t); err != nil {
			return err
		}
	}
	return nil
}

func checkTmpfs(c *ContainerDefinition, t Tmpfs) error {
	if t.Size < 1 {
		return badContainer(c, "linuxParameters: the size of tmpfs '%s' must be at least 1 MiB.", t.ContainerPath)
	}
	for _, o := range t.MountOptions {
		name, value, hasValue := strings.Cut(o, "=")
		known := slices.Contains(tmpfsOptions, o) ||
			hasValue && value != "" && slices.Contains(tmpfsValueOptions, name)
		if !known {
			return badContainer(c, "linuxParameters: '%s' is not a valid mount option of tmpfs '%s'.", o, t.ContainerPath)
		}
	}
	return nil
}

func checkUlimits(c *ContainerDefinition) error {
	seen := map[string]bool{}
	for _, u := range c.Ulimits {
		switch {
		case !slices.Contains(ulimitNames, u.Name):
			return badContainer(c, "ulimits: '%s' is not a valid limit.", u.Name)
		case seen[u.Name]:
			return badContainer(c, "ulimits: '%s' is used more than once.", u.Name)
		case u.Soft < -1 || u.Hard < -1:
			return badContainer(c, "ulimits: softLimit and hardLimit of '%s' should not be negative.", u.Name)
		case u.Hard != -1 && (u.Soft == -1 || u.Soft > u.Hard):
			return badContainer(c, "ulimits: softLimit of '%s' should not be greater than hardLimit.", u.Name)
		}
		seen[u.Name] = true
	}
	return nil
}

func checkSystemControls(c *ContainerDefinition) error {
	for _, s := range c.SystemControls {
		known := slices.Contains(ipcControls, s.Namespace) ||
			strings.HasPrefix(s.Namespace, "net.") || strings.HasPrefix(s.Namespace, "fs.mqueue.")
		if !known || !only(s.Namespace, nameBytes+"./") || strings.Contains(s.Namespace, "..") {
			return badContainer(c, "systemControls: namespace '%s' is not supported.", s.Namespace)
		}
		if s.Value == "" {
			return badContainer(c, "systemControls: '%s' has no value.", s.Namespace)
		}
	}
	return nil
}
