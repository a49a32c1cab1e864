package ocispec

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// defaultCapabilities are Docker's default set, which ECS documents as Fargate's
// (KernelCapabilities); of further ones Fargate lets SYS_PTRACE alone be added,
// which is for the API to enforce.
var defaultCapabilities = []string{
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID",
	"CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP",
	"CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
}

// known are the capabilities that ECS names beyond the default ones.
var known = append([]string{
	"CAP_AUDIT_CONTROL", "CAP_BLOCK_SUSPEND", "CAP_DAC_READ_SEARCH", "CAP_IPC_LOCK",
	"CAP_IPC_OWNER", "CAP_LEASE", "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",
	"CAP_MAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_NET_BROADCAST", "CAP_SYS_ADMIN",
	"CAP_SYS_BOOT", "CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE",
	"CAP_SYS_RAWIO", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG",
	"CAP_SYSLOG", "CAP_WAKE_ALARM",
}, defaultCapabilities...)

// Capabilities applies a container's wishes to the default set, by the rules of
// ECS's KernelCapabilities: drop first, then add; adding ALL means the default
// set without what is dropped; dropping ALL leaves what is added.
func Capabilities(add, drop []string) ([]string, error) {
	added, addAll, err := names(add)
	if err != nil {
		return nil, err
	}
	dropped, dropAll, err := names(drop)
	if err != nil {
		return nil, err
	}
	var caps []string
	if !dropAll || addAll {
		for _, c := range defaultCapabilities {
			if !slices.Contains(dropped, c) {
				caps = append(caps, c)
			}
		}
	}
	if !addAll {
		caps = append(caps, added...)
	}
	slices.Sort(caps)
	return slices.Compact(caps), nil
}

func names(list []string) (caps []string, all bool, err error) {
	for _, n := range list {
		if n == "ALL" {
			all = true
			continue
		}
		c := "CAP_" + strings.TrimPrefix(n, "CAP_")
		if !slices.Contains(known, c) {
			return nil, false, capabilityError(n)
		}
		caps = append(caps, c)
	}
	return caps, all, nil
}

// processCapabilities gives root the capabilities at once, and other users none
// beyond what a file with capabilities may give them (the bounding set).
func processCapabilities(caps []string, root bool) *specs.LinuxCapabilities {
	out := &specs.LinuxCapabilities{Bounding: caps}
	if root {
		out.Effective, out.Permitted = caps, caps
	}
	return out
}
