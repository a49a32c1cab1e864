package ecs

// ContainerDefinition is one container of a task definition (API Reference,
// "ContainerDefinition"). A nil slice, map or pointer, and 0 or "" for the
// others, means that the field was not given, unless said otherwise.
type ContainerDefinition struct {
	Name string
	// Image is the reference as the user wrote it.
	Image string
	// CPU is the container's share in CPU units; 0 for none.
	CPU int
	// Memory is the hard limit and MemoryReservation the soft one, in MiB.
	Memory            int
	MemoryReservation int
	PortMappings      []PortMapping
	// Essential is true unless false was given.
	Essential     bool
	RestartPolicy *RestartPolicy

	// EntryPoint and Command replace the image's when they are not empty.
	EntryPoint       []string
	Command          []string
	Environment      []KeyValue
	User             string
	WorkingDirectory string
	MountPoints      []MountPoint
	VolumesFrom      []VolumeFrom
	LinuxParameters  *LinuxParameters
	Ulimits          []Ulimit
	SystemControls   []SystemControl
	DockerLabels     map[string]string

	DependsOn []ContainerDependency
	// StartTimeout bounds, in seconds, the wait of others for this container's condition.
	StartTimeout *int
	// StopTimeout is the time in seconds from the stop signal to SIGKILL; nil for 30.
	StopTimeout *int
	HealthCheck *HealthCheck
	// LogConfiguration is nil for none: Fargate drops the output then.
	LogConfiguration *LogConfiguration
	// VersionConsistency is "", enabled or disabled.
	VersionConsistency string

	ReadonlyRootFilesystem *bool
	Interactive            *bool
	PseudoTerminal         *bool
	// Privileged and DisableNetworking are as registered: unset or false.
	Privileged        *bool
	DisableNetworking *bool
}

// KeyValue is a name and its value: an environment variable, or a detail of an attachment.
type KeyValue struct{ Name, Value string }

// PortMapping is a port that a container listens on (API Reference, "PortMapping").
type PortMapping struct {
	// ContainerPort and HostPort are the same under awsvpc; 0 when ContainerPortRange is set.
	ContainerPort int
	HostPort      int
	// ContainerPortRange is "" or "first-last".
	ContainerPortRange string
	// Protocol is tcp or udp.
	Protocol string
	// Name and AppProtocol are for Service Connect.
	Name        string
	AppProtocol string
}

// RestartPolicy restarts a container in place when it exits.
type RestartPolicy struct {
	Enabled bool
	// IgnoredExitCodes are those after which it is not restarted.
	IgnoredExitCodes []int
	// RestartAttemptPeriod is how long in seconds the container must have run
	// to be restarted again; nil for 300.
	RestartAttemptPeriod *int
}

// MountPoint puts a volume of the task into a container.
type MountPoint struct {
	SourceVolume  string
	ContainerPath string
	ReadOnly      *bool
}

// VolumeFrom mounts all the volumes of another container at the same paths.
type VolumeFrom struct {
	SourceContainer string
	ReadOnly        *bool
}

// SystemControl is a kernel parameter of the container's namespaces.
type SystemControl struct{ Namespace, Value string }

// Ulimit is a resource limit, with ECS's name for it ("nofile").
type Ulimit struct {
	Name string
	Soft int
	Hard int
}

// DependencyCondition is what a container waits for in another.
type DependencyCondition string

// The conditions of a ContainerDependency.
const (
	ConditionStart    DependencyCondition = "START"
	ConditionComplete DependencyCondition = "COMPLETE"
	ConditionSuccess  DependencyCondition = "SUCCESS"
	ConditionHealthy  DependencyCondition = "HEALTHY"
)

// ContainerDependency is one container's wait for another.
type ContainerDependency struct {
	ContainerName string
	Condition     DependencyCondition
}

// HealthCheck is a command that tells whether a container is well; times in
// seconds, with AWS's defaults filled in.
type HealthCheck struct {
	// Command begins with CMD or CMD-SHELL.
	Command  []string
	Interval int
	Timeout  int
	Retries  int
	// StartPeriod is nil for off.
	StartPeriod *int
}

// LogConfiguration says where a container's output goes.
type LogConfiguration struct {
	// LogDriver is awslogs.
	LogDriver string
	Options   map[string]string
}

// LinuxParameters are the options of a container that only Linux has.
type LinuxParameters struct {
	Capabilities       *KernelCapabilities
	InitProcessEnabled *bool
	Tmpfs              []Tmpfs
}

// KernelCapabilities change the runtime's default set; names as "SYS_PTRACE".
type KernelCapabilities struct{ Add, Drop []string }

// Tmpfs is a memory file system inside the container.
type Tmpfs struct {
	ContainerPath string
	// Size is in MiB.
	Size         int
	MountOptions []string
}

// Bool returns what an optional flag says, false when it was not given.
func Bool(p *bool) bool { return p != nil && *p }
