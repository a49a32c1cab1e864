package ocispec

import (
	"fmt"
	"runtime"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	kaimon "kaimon.dev/kaimon/runtime"
)

func hasName(name string) func(kaimon.Volume) bool {
	return func(v kaimon.Volume) bool { return v.Name == name }
}

// minShares is the kernel's smallest weight, which ECS gives a container without
// CPU units (ContainerDefinition, cpu).
const minShares = 2

// resources are the container's own limits; the task's are on the parent group.
func resources(in Input) *specs.LinuxResources {
	shares := uint64(max(in.Container.CPUShares, minShares))
	pids := in.Task.PidsLimit
	if pids == 0 {
		pids = DefaultPidsLimit
	}
	res := &specs.LinuxResources{
		// Nothing but the devices that every OCI runtime adds (null, zero, random, tty …).
		Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}},
		CPU:     &specs.LinuxCPU{Shares: &shares},
		Pids:    &specs.LinuxPids{Limit: &pids},
	}
	if in.Container.Memory > 0 || in.Container.MemoryReservation > 0 {
		res.Memory = &specs.LinuxMemory{}
	}
	if m := int64(in.Container.Memory) << 20; m > 0 {
		res.Memory.Limit = &m
		// Memory and swap together: no swap, as on Fargate. On v2 the task's
		// group has none to give, and a kernel that doesn't count swap no file
		// to say so in.
		if in.Host.SwapLimit {
			res.Memory.Swap = &m
		}
	}
	if m := int64(in.Container.MemoryReservation) << 20; m > 0 {
		res.Memory.Reservation = &m
	}
	return res
}

// fargateNofile is what Fargate gives a container that sets no nofile limit
// (ECS Developer Guide, "Task definition parameters for Fargate": Ulimits).
const fargateNofile = 65535

// rlimits turns ulimits into process limits, no higher than this machine allows,
// and says what it lowered.
func rlimits(ulimits []kaimon.Ulimit, host Host) (out []specs.POSIXRlimit, notes []string) {
	have := map[string]bool{}
	for _, u := range ulimits {
		have[u.Name] = true
	}
	all := ulimits
	if !have["nofile"] {
		all = append([]kaimon.Ulimit{{Name: "nofile", Soft: fargateNofile, Hard: fargateNofile}}, ulimits...)
	}
	for _, u := range all {
		soft, hard := u.Soft, u.Hard
		if limit, ok := host.HardLimit(u.Name); ok && exceeds(hard, limit) {
			hard = limit
			if have[u.Name] {
				notes = append(notes, fmt.Sprintf("ulimit %s lowered from %d to this machine's hard limit %d", u.Name, u.Hard, limit))
			}
		}
		if exceeds(soft, hard) {
			soft = hard
		}
		out = append(out, specs.POSIXRlimit{
			Type: "RLIMIT_" + strings.ToUpper(u.Name),
			Soft: uint64(soft), Hard: uint64(hard), // -1 becomes RLIM_INFINITY
		})
	}
	return out, notes
}

// exceeds says whether a limit is above another; -1 is without limit.
func exceeds(a, b int64) bool {
	switch {
	case b < 0:
		return false
	case a < 0:
		return true
	default:
		return a > b
	}
}

// nativeArch is this machine's architecture in seccomp's words.
func nativeArch() specs.Arch {
	switch runtime.GOARCH {
	case "arm64":
		return specs.ArchAARCH64
	case "riscv64":
		return specs.ArchRISCV64
	case "s390x":
		return specs.ArchS390X
	case "ppc64le":
		return specs.ArchPPC64LE
	default:
		return specs.ArchX86_64
	}
}
