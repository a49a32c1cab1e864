package ecsapi

import (
	"encoding/json"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// maxOverrides is the longest overrides in characters of JSON (ECS API
// Reference, "RunTask").
const maxOverrides = 8192

// overridesFromWire reads the overrides of a request and refuses those that
// Fargate, or this platform, doesn't have.
func overridesFromWire(in *TaskOverride) (ecs.TaskOverrides, error) {
	if in == nil {
		return ecs.TaskOverrides{}, nil
	}
	if len(in.InferenceAcceleratorOverrides) > 0 {
		return ecs.TaskOverrides{}, ecs.InvalidParameter("Inference accelerators are no longer available.")
	}
	out := ecs.TaskOverrides{
		CPU: wire.Val(in.Cpu), Memory: wire.Val(in.Memory),
		TaskRoleARN: wire.Val(in.TaskRoleArn), ExecutionRoleARN: wire.Val(in.ExecutionRoleArn),
	}
	if in.EphemeralStorage != nil {
		if out.EphemeralStorage = int(wire.Val(in.EphemeralStorage.SizeInGiB)); out.EphemeralStorage == 0 {
			return out, ecs.InvalidParameter("overrides.ephemeralStorage.sizeInGiB must be between 21 and 200.")
		}
	}
	for _, role := range []string{out.TaskRoleARN, out.ExecutionRoleARN} {
		if err := checkRole(role); err != nil {
			return out, err
		}
	}
	for _, c := range in.ContainerOverrides {
		override, err := containerOverrideFromWire(c)
		if err != nil {
			return out, err
		}
		if out.Container(override.Name) != nil {
			return out, ecs.InvalidParameter("Container named %s is overridden more than once.", override.Name)
		}
		out.Containers = append(out.Containers, override)
	}
	if overridesLength(out) > maxOverrides {
		return out, ecs.InvalidParameter("Container Overrides length must be at most %d", maxOverrides)
	}
	return out, nil
}

// overridesLength is the length of the overrides as JSON, members that weren't
// given left out.
func overridesLength(o ecs.TaskOverrides) int {
	containers := make([]map[string]any, len(o.Containers))
	for i, c := range o.Containers {
		shown := map[string]any{"name": c.Name}
		if c.Command != nil {
			shown["command"] = c.Command
		}
		if c.Environment != nil {
			shown["environment"] = c.Environment
		}
		for name, n := range map[string]*int{"cpu": c.CPU, "memory": c.Memory, "memoryReservation": c.MemoryReservation} {
			if n != nil {
				shown[name] = n
			}
		}
		containers[i] = shown
	}
	b, err := json.Marshal(map[string]any{"containerOverrides": containers})
	if err != nil {
		return maxOverrides + 1 // cannot be: these are numbers and text
	}
	return len(b)
}

func checkRole(role string) error {
	if role == "" {
		return nil
	}
	if a, err := aws.ParseARN(role); err != nil || a.Service != "iam" || a.Type() != "role" {
		return ecs.ClientException("Role is not valid")
	}
	return nil
}

func containerOverrideFromWire(in ContainerOverride) (ecs.ContainerOverride, error) {
	name := wire.Val(in.Name)
	switch {
	case name == "":
		return ecs.ContainerOverride{}, ecs.InvalidParameter("Container override must have a name.")
	case len(in.ResourceRequirements) > 0:
		return ecs.ContainerOverride{}, ecs.InvalidParameter("Override for container named %s: resourceRequirements are not supported on Fargate.", name)
	case len(in.EnvironmentFiles) > 0:
		return ecs.ContainerOverride{}, ecs.UnsupportedFeature("Override for container named %s: environmentFiles are not supported.", name)
	}
	return ecs.ContainerOverride{
		Name: name, Command: in.Command,
		Environment: each(in.Environment, func(kv KeyValuePair) ecs.KeyValue {
			return ecs.KeyValue{Name: wire.Val(kv.Name), Value: wire.Val(kv.Value)}
		}),
		CPU: optionalInt(in.Cpu), Memory: optionalInt(in.Memory), MemoryReservation: optionalInt(in.MemoryReservation),
	}, nil
}

// overridesToWire shows a task's overrides. AWS names every container, also
// those without any.
func overridesToWire(t *ecs.Task) *TaskOverride {
	o := t.Overrides
	out := &TaskOverride{
		Cpu: wire.Optional(o.CPU), Memory: wire.Optional(o.Memory),
		TaskRoleArn: wire.Optional(o.TaskRoleARN), ExecutionRoleArn: wire.Optional(o.ExecutionRoleARN),
		InferenceAcceleratorOverrides: []InferenceAcceleratorOverride{},
	}
	if o.EphemeralStorage != 0 {
		out.EphemeralStorage = &EphemeralStorage{SizeInGiB: wire.Ptr(int32(o.EphemeralStorage))}
	}
	for _, c := range t.Containers {
		shown := ContainerOverride{Name: wire.Ptr(c.Name)}
		if by := o.Container(c.Name); by != nil {
			shown.Command = by.Command
			shown.Environment = each(by.Environment, keyValue)
			shown.Cpu, shown.Memory, shown.MemoryReservation = wireInt(by.CPU), wireInt(by.Memory), wireInt(by.MemoryReservation)
		}
		out.ContainerOverrides = append(out.ContainerOverrides, shown)
	}
	return out
}
