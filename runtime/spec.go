package runtime

import (
	"net/netip"
	"time"
)

// Spec is a task as the runtime shall run it, with nothing left to decide.
type Spec struct {
	// ID is the task's ID: 32 hexadecimal digits.
	ID string
	// NetworkNamespace is the path of a ready network namespace, shared by the
	// task's containers; "" for runtimes that bring their own network.
	NetworkNamespace string
	// Hostname is the name inside the UTS namespace, such as
	// "ip-10-0-1-5.eu-west-1.compute.internal".
	Hostname string
	// Address is the task's private address, for /etc/hosts.
	Address netip.Addr
	// Nameservers and SearchDomains make up /etc/resolv.conf.
	Nameservers   []netip.Addr
	SearchDomains []string

	// CPU is the task's hard limit in CPU units, 1024 to a core; 0 for none.
	CPU int
	// Memory is the task's hard limit in MiB; 0 for none.
	Memory int
	// PidsLimit bounds the processes and threads of each container; 0 for the runtime's default.
	PidsLimit int64

	// Volumes are made empty for the task and removed with it, by name.
	Volumes []Volume
	// Containers in the order of the task definition; names are unique.
	Containers []Container
}

// Volume is an ephemeral volume of a task, shared by its containers.
type Volume struct{ Name string }

// Container is one container of a task.
type Container struct {
	Name string
	// Image is the reference as the user wrote it; Digest is what to run.
	Image  string
	Digest string

	// Command and EntryPoint replace the image's when not nil.
	Command    []string
	EntryPoint []string
	// Environment comes on top of the image's, in order; later wins.
	Environment []EnvVar
	// User is "", or user[:group] by name or number.
	User             string
	WorkingDirectory string
	// ReadonlyRootFilesystem mounts the root read-only.
	ReadonlyRootFilesystem bool
	// Init runs a small init as process 1 that forwards signals and reaps.
	Init bool
	// TTY allocates a pseudo-terminal; Interactive keeps standard input open.
	TTY, Interactive bool
	// AddCapabilities and DropCapabilities change the runtime's default set; names as "SYS_PTRACE".
	AddCapabilities, DropCapabilities []string
	Ulimits                           []Ulimit
	Tmpfs                             []Tmpfs
	// SharedMemorySize is the size of /dev/shm in MiB; 0 for 64.
	SharedMemorySize int
	// Sysctls are of the container's own namespaces.
	Sysctls map[string]string
	Labels  map[string]string
	Mounts  []Mount

	// CPUShares is the container's relative weight in CPU units.
	CPUShares int
	// Memory is the hard limit in MiB, MemoryReservation the soft one; 0 for none.
	Memory, MemoryReservation int

	// Essential containers take the task with them when they end.
	Essential bool
	DependsOn []Dependency
	// StartTimeout is how long after this container's start others wait for it
	// to complete, succeed or become healthy; 0 for ever.
	StartTimeout time.Duration
	// StopTimeout is the time from the stop signal to SIGKILL.
	StopTimeout   time.Duration
	HealthCheck   *HealthCheck
	RestartPolicy *RestartPolicy
	// Log says what becomes of standard output and error.
	Log LogSink
}

// EnvVar is one variable of a container's environment.
type EnvVar struct{ Name, Value string }

// Ulimit is a resource limit of setrlimit(2), with ECS's name for it ("nofile").
type Ulimit struct {
	Name       string
	Soft, Hard int64
}

// Tmpfs is a memory file system inside the container.
type Tmpfs struct {
	Path    string
	SizeMiB int
	Options []string
}

// Mount puts a volume of the task, or of another container, into a container.
type Mount struct {
	// Volume names one of Spec.Volumes.
	Volume   string
	Path     string
	ReadOnly bool
}

// Condition is what a container waits for in another.
type Condition string

// The conditions of ECS's ContainerDependency.
const (
	Start    Condition = "START"
	Complete Condition = "COMPLETE"
	Success  Condition = "SUCCESS"
	Healthy  Condition = "HEALTHY"
)

// Dependency is one container's wait for another.
type Dependency struct {
	Container string
	Condition Condition
}

// HealthCheck is a command that tells whether a container is well.
type HealthCheck struct {
	// Command begins with CMD (argv follows) or CMD-SHELL (one string for /bin/sh -c).
	Command                        []string
	Interval, Timeout, StartPeriod time.Duration
	Retries                        int
}

// RestartPolicy restarts a container in place when it exits.
type RestartPolicy struct {
	// IgnoredExitCodes are those after which it is not restarted.
	IgnoredExitCodes []int
	// AttemptPeriod is how long it must have run to be restarted again.
	AttemptPeriod time.Duration
}

// LogSink is where a container's output goes.
type LogSink struct {
	// Keep keeps the newest output for Logs; otherwise it is dropped.
	Keep bool
	// Stream has every line go to a LogStore, instead: it is the store's name for
	// where to; "" for nowhere.
	Stream string
	// Buffer is how many bytes may wait for the store before the oldest lines are
	// dropped; with 0 the container waits instead, and nothing is dropped.
	Buffer int64
	// Begins is a regular expression for the first lines of events of several
	// lines; "" has every line be an event.
	Begins string
}
