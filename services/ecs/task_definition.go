package ecs

import (
	"strconv"
	"time"

	"kaimon.dev/kaimon/aws"
)

// TaskDefinitionStatus is where a task definition stands in its life.
type TaskDefinitionStatus string

// The statuses of a task definition (API Reference, "TaskDefinition").
const (
	DefinitionActive           TaskDefinitionStatus = "ACTIVE"
	DefinitionInactive         TaskDefinitionStatus = "INACTIVE"
	DefinitionDeleteInProgress TaskDefinitionStatus = "DELETE_IN_PROGRESS"
)

// TaskDefinition is one revision of a family. Everything but its status and
// the times is fixed once it is registered, with AWS's defaults filled in.
type TaskDefinition struct {
	ARN      string
	Scope    aws.Scope
	Family   string
	Revision int
	Status   TaskDefinitionStatus

	TaskRoleARN      string
	ExecutionRoleARN string
	// NetworkMode is always "awsvpc".
	NetworkMode string
	// CPU is the task's size in CPU units, 1024 to a vCPU; Memory is in MiB.
	CPU    int
	Memory int
	// EphemeralStorage is the task's disk in GiB; 0 when it was not given,
	// which means Fargate's default of 20.
	EphemeralStorage int
	// RuntimePlatform is nil when it was not given, which means LINUX on whatever machine there is.
	RuntimePlatform *RuntimePlatform
	// RequiresCompatibilities is as registered, nil when it was not given.
	RequiresCompatibilities []string
	// EnableFaultInjection is as registered: unset or false.
	EnableFaultInjection *bool

	Volumes    []Volume
	Containers []ContainerDefinition

	RegisteredAt time.Time
	// RegisteredBy is the ARN of the principal that registered it.
	RegisteredBy      string
	DeregisteredAt    time.Time
	DeleteRequestedAt time.Time
}

// RuntimePlatform is the operating system and processor that a task needs.
type RuntimePlatform struct {
	// CPUArchitecture is "", ArchitectureX86 or ArchitectureARM; see ArchitectureOn.
	CPUArchitecture string
	// OperatingSystemFamily is "" or LINUX.
	OperatingSystemFamily string
}

// Volume is an ephemeral volume of a task, shared by the containers that mount it.
type Volume struct {
	Name string
	// HasHost says that an empty host object was given; it is answered as such.
	HasHost bool
	// ConfiguredAtLaunch is as registered: unset or false.
	ConfiguredAtLaunch *bool
}

// Family is the account of the revision numbers of one family.
type Family struct {
	// ARN is FamilyARN.
	ARN string
	// LastRevision is the newest number given out.
	LastRevision int
}

// FamilyARN returns what the ARNs of a family's revisions begin with, without the colon.
func FamilyARN(s aws.Scope, family string) string {
	return s.ARN("ecs", "task-definition/"+family).String()
}

// TaskDefinitionARN returns the ARN of one revision of a family.
func TaskDefinitionARN(s aws.Scope, family string, revision int) string {
	return FamilyARN(s, family) + ":" + strconv.Itoa(revision)
}

// The processors of tasks in ECS's words (API Reference, "RuntimePlatform").
const (
	ArchitectureX86 = "X86_64"
	ArchitectureARM = "ARM64"
)

// ArchitectureOn returns the processor of the definition's tasks on machines of
// the processor host: the one that it names, which must be theirs. A definition
// that names none runs on any machine, where AWS would take X86_64. With host
// "" it isn't known where tasks run, and every definition fits.
func (d *TaskDefinition) ArchitectureOn(host string) (string, error) {
	named := ""
	if d.RuntimePlatform != nil {
		named = d.RuntimePlatform.CPUArchitecture
	}
	switch {
	case named == "" && host == "":
		return ArchitectureX86, nil
	case named == "":
		return host, nil
	case host == "" || named == host:
		return named, nil
	}
	return "", ClientException("Capacity is unavailable: runtimePlatform.cpuArchitecture of the task definition is %s, and tasks run on %s here.", named, host)
}

// Container returns the container of that name, nil if there is none.
func (d *TaskDefinition) Container(name string) *ContainerDefinition {
	for i := range d.Containers {
		if d.Containers[i].Name == name {
			return &d.Containers[i]
		}
	}
	return nil
}
