package ocispec

import (
	"errors"
	"fmt"

	"github.com/containerd/containerd/v2/contrib/seccomp"
	image "github.com/opencontainers/image-spec/specs-go/v1"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"kaimon.dev/kaimon/runtime"
)

// Version is the newest version of the OCI runtime spec that crun 1.8 takes.
const Version = "1.0.2"

// DefaultPidsLimit bounds a container's processes and threads where the task
// definition says nothing.
const DefaultPidsLimit = 4096

// ErrNoCommand is returned when neither the container nor its image says what to run.
var ErrNoCommand = errors.New("no command specified")

// Input is what a container's spec is made of.
type Input struct {
	Task      runtime.Spec
	Container runtime.Container
	Image     image.ImageConfig
	User      User

	// Rootfs is the mounted root file system.
	Rootfs string
	// CgroupPath is the container's control group.
	CgroupPath string
	// NetworkNamespace is a path to the task's network namespace.
	NetworkNamespace string
	// Hosts, Hostname and ResolvConf are the task's files in /etc; Init is the
	// program to run as process 1 if the container asks for one.
	Hosts, Hostname, ResolvConf, Init string
	// VolumePath says where a volume of the task is on this machine.
	VolumePath func(name string) string
	Host       Host
}

// User is who the container's process runs as, by number.
type User struct {
	UID, GID int
	Groups   []int
	Home     string
}

// Host is what this machine can do.
type Host struct {
	// Unified says that control groups are v2 alone.
	Unified bool
	// SwapLimit says that swap is counted against a memory limit (v1).
	SwapLimit bool
	// HardLimit is the highest value a ulimit may be raised to, by ECS's name;
	// ok is false where there is no bound.
	HardLimit func(name string) (limit int64, ok bool)
}

// Build makes the spec. The notes name each wish that this machine can't grant.
func Build(in Input) (spec *specs.Spec, notes []string, err error) {
	args, err := args(in)
	if err != nil {
		return nil, nil, err
	}
	caps, err := Capabilities(in.Container.AddCapabilities, in.Container.DropCapabilities)
	if err != nil {
		return nil, nil, err
	}
	mounts, err := mounts(in)
	if err != nil {
		return nil, nil, err
	}
	rlimits, notes := rlimits(in.Container.Ulimits, in.Host)
	// No annotations: a container's labels are the user's words, and annotations
	// are orders to the OCI runtime.
	spec = &specs.Spec{
		Version:  Version,
		Hostname: hostname(in.Task),
		Root:     &specs.Root{Path: in.Rootfs, Readonly: in.Container.ReadonlyRootFilesystem},
		Process: &specs.Process{
			Terminal:     in.Container.TTY,
			Args:         args,
			Env:          env(in),
			Cwd:          cwd(in),
			User:         user(in.User),
			Capabilities: processCapabilities(caps, in.User.UID == 0),
			Rlimits:      rlimits,
			// Fargate runs setuid programs (sudo, ping): no-new-privileges is
			// an option of EC2 tasks alone (dockerSecurityOptions).
			NoNewPrivileges: false,
		},
		Mounts: mounts,
		Linux: &specs.Linux{
			CgroupsPath:   in.CgroupPath,
			Namespaces:    namespaces(in),
			Resources:     resources(in),
			Sysctl:        in.Container.Sysctls,
			MaskedPaths:   maskedPaths,
			ReadonlyPaths: readonlyPaths,
		},
	}
	spec.Linux.Seccomp = seccomp.DefaultProfile(spec)
	// Only this architecture's system calls: a smaller filter takes half as long
	// to compile, and 32-bit system calls have no use here.
	spec.Linux.Seccomp.Architectures = []specs.Arch{nativeArch()}
	return spec, notes, nil
}

// hostname fits the task's name into the kernel's limit (uname(2): 64 bytes).
func hostname(t runtime.Spec) string { return t.Hostname[:min(len(t.Hostname), 64)] }

func user(u User) specs.User {
	out := specs.User{UID: uint32(u.UID), GID: uint32(u.GID)}
	for _, g := range u.Groups {
		out.AdditionalGids = append(out.AdditionalGids, uint32(g))
	}
	return out
}

// namespaces of a container are its own, but for the network, which the task's
// containers share.
func namespaces(in Input) []specs.LinuxNamespace {
	ns := []specs.LinuxNamespace{
		{Type: specs.PIDNamespace},
		{Type: specs.IPCNamespace},
		{Type: specs.UTSNamespace},
		{Type: specs.MountNamespace},
		{Type: specs.NetworkNamespace, Path: in.NetworkNamespace},
	}
	if in.Host.Unified {
		ns = append(ns, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	}
	return ns
}

// maskedPaths and readonlyPaths are Docker's: what a container must not read, or
// not write, of the machine's /proc and /sys.
var maskedPaths = []string{
	"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
	"/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
	"/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
}

var readonlyPaths = []string{
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
}

// UserString is the user to look up for a container: its own or its image's.
func UserString(c runtime.Container, i image.ImageConfig) string {
	if c.User != "" {
		return c.User
	}
	return i.User
}

func capabilityError(name string) error { return fmt.Errorf("unknown capability %q", name) }
