package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// containerFromWire takes a container definition over, with AWS's defaults
// filled in. Members without a noun are refused by refuseContainer.
func containerFromWire(c ContainerDefinition) ecs.ContainerDefinition {
	return ecs.ContainerDefinition{
		Name: wire.Val(c.Name), Image: wire.Val(c.Image),
		CPU: int(wire.Val(c.Cpu)), Memory: int(wire.Val(c.Memory)), MemoryReservation: int(wire.Val(c.MemoryReservation)),
		PortMappings:           each(c.PortMappings, portFromWire),
		Essential:              c.Essential == nil || *c.Essential,
		RestartPolicy:          restartPolicyFromWire(c.RestartPolicy),
		EntryPoint:             c.EntryPoint,
		Command:                c.Command,
		Environment:            each(c.Environment, keyValueFromWire),
		User:                   wire.Val(c.User),
		WorkingDirectory:       wire.Val(c.WorkingDirectory),
		MountPoints:            each(c.MountPoints, mountPointFromWire),
		VolumesFrom:            each(c.VolumesFrom, volumeFromFromWire),
		LinuxParameters:        linuxFromWire(c.LinuxParameters),
		Ulimits:                each(c.Ulimits, ulimitFromWire),
		SystemControls:         each(c.SystemControls, systemControlFromWire),
		DockerLabels:           c.DockerLabels,
		DependsOn:              each(c.DependsOn, dependencyFromWire),
		StartTimeout:           optionalInt(c.StartTimeout),
		StopTimeout:            optionalInt(c.StopTimeout),
		HealthCheck:            healthCheckFromWire(c.HealthCheck),
		LogConfiguration:       logFromWire(c.LogConfiguration),
		VersionConsistency:     wire.Val(c.VersionConsistency),
		ReadonlyRootFilesystem: c.ReadonlyRootFilesystem,
		Interactive:            c.Interactive,
		PseudoTerminal:         c.PseudoTerminal,
		Privileged:             c.Privileged,
		DisableNetworking:      c.DisableNetworking,
	}
}

// containerToWire answers a container definition; AWS answers portMappings,
// environment, mountPoints, volumesFrom and systemControls even when empty.
func containerToWire(c ecs.ContainerDefinition) ContainerDefinition {
	return ContainerDefinition{
		Name: &c.Name, Image: &c.Image,
		Cpu:                    wire.Ptr(int32(c.CPU)),
		Memory:                 wire.Optional(int32(c.Memory)),
		MemoryReservation:      wire.Optional(int32(c.MemoryReservation)),
		PortMappings:           listed(c.PortMappings, portToWire),
		Essential:              &c.Essential,
		RestartPolicy:          restartPolicyToWire(c.RestartPolicy),
		EntryPoint:             c.EntryPoint,
		Command:                c.Command,
		Environment:            listed(c.Environment, keyValue),
		User:                   wire.Optional(c.User),
		WorkingDirectory:       wire.Optional(c.WorkingDirectory),
		MountPoints:            listed(c.MountPoints, mountPointToWire),
		VolumesFrom:            listed(c.VolumesFrom, volumeFromToWire),
		LinuxParameters:        linuxToWire(c.LinuxParameters),
		Ulimits:                each(c.Ulimits, ulimitToWire),
		SystemControls:         listed(c.SystemControls, systemControlToWire),
		DockerLabels:           c.DockerLabels,
		DependsOn:              each(c.DependsOn, dependencyToWire),
		StartTimeout:           wireInt(c.StartTimeout),
		StopTimeout:            wireInt(c.StopTimeout),
		HealthCheck:            healthCheckToWire(c.HealthCheck),
		LogConfiguration:       logToWire(c.LogConfiguration),
		VersionConsistency:     wire.Optional(c.VersionConsistency),
		ReadonlyRootFilesystem: c.ReadonlyRootFilesystem,
		Interactive:            c.Interactive,
		PseudoTerminal:         c.PseudoTerminal,
		Privileged:             c.Privileged,
		DisableNetworking:      c.DisableNetworking,
	}
}
