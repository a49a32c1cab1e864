package ecsapi

import (
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// definitionFromWire turns a request into a task definition with AWS's
// defaults filled in, without what only registering gives it (ARN, revision,
// times). It refuses what can't be run.
func definitionFromWire(s aws.Scope, in *RegisterTaskDefinitionInput) (ecs.TaskDefinition, error) {
	d := ecs.TaskDefinition{
		Scope: s, Family: wire.Val(in.Family), Status: ecs.DefinitionActive,
		NetworkMode:             wire.Val(in.NetworkMode),
		RequiresCompatibilities: in.RequiresCompatibilities,
		EnableFaultInjection:    in.EnableFaultInjection,
		Volumes:                 each(in.Volumes, volumeFromWire),
		Containers:              each(in.ContainerDefinitions, containerFromWire),
	}
	if err := refuseDefinition(in); err != nil {
		return d, err
	}
	if p := in.RuntimePlatform; p != nil {
		d.RuntimePlatform = &ecs.RuntimePlatform{
			CPUArchitecture: wire.Val(p.CpuArchitecture), OperatingSystemFamily: wire.Val(p.OperatingSystemFamily),
		}
	}
	if e := in.EphemeralStorage; e != nil {
		d.EphemeralStorage = int(wire.Val(e.SizeInGiB))
		if err := ecs.CheckEphemeralStorage(d.EphemeralStorage); err != nil {
			return d, err
		}
	}
	if err := sizeFromWire(&d, wire.Val(in.Cpu), wire.Val(in.Memory)); err != nil {
		return d, err
	}
	var err error
	if d.TaskRoleARN, err = ecs.RoleARN(s, wire.Val(in.TaskRoleArn)); err != nil {
		return d, err
	}
	if d.ExecutionRoleARN, err = ecs.RoleARN(s, wire.Val(in.ExecutionRoleArn)); err != nil {
		return d, err
	}
	return d, ecs.CheckFargate(&d)
}

func sizeFromWire(d *ecs.TaskDefinition, cpu, memory string) error {
	var ok bool
	if cpu != "" {
		if d.CPU, ok = ecs.ParseCPU(cpu); !ok {
			return ecs.ClientException("Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
		}
	}
	if memory != "" {
		if d.Memory, ok = ecs.ParseMemory(memory); !ok {
			return ecs.ClientException("Invalid 'memory' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
		}
	}
	return nil
}

func volumeFromWire(v Volume) ecs.Volume {
	return ecs.Volume{Name: wire.Val(v.Name), HasHost: v.Host != nil, ConfiguredAtLaunch: v.ConfiguredAtLaunch}
}

func volumeToWire(v ecs.Volume) Volume {
	out := Volume{Name: &v.Name, ConfiguredAtLaunch: v.ConfiguredAtLaunch}
	if v.HasHost {
		out.Host = &HostVolumeProperties{}
	}
	return out
}

func definitionToWire(d *ecs.TaskDefinition) *TaskDefinition {
	out := &TaskDefinition{
		TaskDefinitionArn: &d.ARN, Family: &d.Family, Revision: wire.Ptr(int32(d.Revision)),
		Status:                  wire.Ptr(string(d.Status)),
		TaskRoleArn:             wire.Optional(d.TaskRoleARN),
		ExecutionRoleArn:        wire.Optional(d.ExecutionRoleARN),
		NetworkMode:             &d.NetworkMode,
		Cpu:                     wire.Ptr(strconv.Itoa(d.CPU)),
		Memory:                  wire.Ptr(strconv.Itoa(d.Memory)),
		ContainerDefinitions:    listed(d.Containers, containerToWire),
		Volumes:                 listed(d.Volumes, volumeToWire),
		PlacementConstraints:    []TaskDefinitionPlacementConstraint{},
		Compatibilities:         ecs.Compatibilities,
		RequiresCompatibilities: d.RequiresCompatibilities,
		RequiresAttributes:      listed(ecs.RequiredAttributes(d), func(name string) Attribute { return Attribute{Name: &name} }),
		RegisteredAt:            moment(d.RegisteredAt),
		RegisteredBy:            wire.Optional(d.RegisteredBy),
		DeregisteredAt:          moment(d.DeregisteredAt),
		DeleteRequestedAt:       moment(d.DeleteRequestedAt),
		EnableFaultInjection:    d.EnableFaultInjection,
	}
	if p := d.RuntimePlatform; p != nil {
		out.RuntimePlatform = &RuntimePlatform{
			CpuArchitecture: wire.Optional(p.CPUArchitecture), OperatingSystemFamily: wire.Optional(p.OperatingSystemFamily),
		}
	}
	if d.EphemeralStorage != 0 {
		out.EphemeralStorage = &EphemeralStorage{SizeInGiB: wire.Ptr(int32(d.EphemeralStorage))}
	}
	return out
}
