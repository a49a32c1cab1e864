package ecs

import "slices"

// TaskOverrides is what RunTask changes in a task definition (ECS API, TaskOverride).
type TaskOverrides struct {
	// CPU and Memory are as the user wrote them, "" for none.
	CPU, Memory string
	// EphemeralStorage is in GiB, 0 for none.
	EphemeralStorage int
	TaskRoleARN      string
	ExecutionRoleARN string
	Containers       []ContainerOverride
}

// ContainerOverride is what RunTask changes in one container (ECS API, ContainerOverride).
type ContainerOverride struct {
	Name string
	// Command replaces the definition's when not nil.
	Command []string
	// Environment replaces variables of the same name and adds the others.
	Environment []KeyValue
	// CPU is in CPU units, Memory and MemoryReservation in MiB; nil keeps the definition's.
	CPU, Memory, MemoryReservation *int
}

// Apply returns the container definition with the override in it; the
// definition itself isn't touched.
func (o *ContainerOverride) Apply(c ContainerDefinition) ContainerDefinition {
	if o == nil {
		return c
	}
	if o.Command != nil {
		c.Command = o.Command
	}
	c.Environment = MergeEnvironment(c.Environment, o.Environment)
	override(&c.CPU, o.CPU)
	override(&c.Memory, o.Memory)
	override(&c.MemoryReservation, o.MemoryReservation)
	return c
}

// Container returns the override of a container, nil if it has none.
func (o *TaskOverrides) Container(name string) *ContainerOverride {
	for i := range o.Containers {
		if o.Containers[i].Name == name {
			return &o.Containers[i]
		}
	}
	return nil
}

// MergeEnvironment puts the variables of over in the place of those of the same
// name in base and the others behind them.
func MergeEnvironment(base, over []KeyValue) []KeyValue {
	if len(over) == 0 {
		return base
	}
	merged := slices.Clone(base)
	at := make(map[string]int, len(merged))
	for i, v := range merged {
		at[v.Name] = i
	}
	for _, v := range over {
		if i, ok := at[v.Name]; ok {
			merged[i].Value = v.Value
			continue
		}
		at[v.Name] = len(merged)
		merged = append(merged, v)
	}
	return merged
}

func override(field *int, by *int) {
	if by != nil {
		*field = *by
	}
}

// Override returns the task definition with the overrides in it, checked as a
// definition of its own is; the definition itself isn't touched.
func (o *TaskOverrides) Override(d *TaskDefinition) (*TaskDefinition, error) {
	c := *d
	c.Containers = slices.Clone(d.Containers)
	for i := range o.Containers {
		if d.Container(o.Containers[i].Name) == nil {
			return nil, InvalidParameter("Override for container named %s is not a container in the TaskDefinition.", o.Containers[i].Name)
		}
	}
	for i, container := range c.Containers {
		c.Containers[i] = o.Container(container.Name).Apply(container)
	}
	if err := o.overrideSize(&c); err != nil {
		return nil, err
	}
	if o.TaskRoleARN != "" {
		c.TaskRoleARN = o.TaskRoleARN
	}
	if o.ExecutionRoleARN != "" {
		c.ExecutionRoleARN = o.ExecutionRoleARN
	}
	return &c, CheckFargate(&c)
}

func (o *TaskOverrides) overrideSize(d *TaskDefinition) error {
	var ok bool
	if o.CPU != "" {
		if d.CPU, ok = ParseCPU(o.CPU); !ok {
			return ClientException("Invalid 'cpu' setting for task.")
		}
	}
	if o.Memory != "" {
		if d.Memory, ok = ParseMemory(o.Memory); !ok {
			return ClientException("Invalid 'memory' setting for task.")
		}
	}
	if o.EphemeralStorage != 0 {
		d.EphemeralStorage = o.EphemeralStorage
	}
	return nil
}
