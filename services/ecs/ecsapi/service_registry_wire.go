package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

func registryFromWire(g ServiceRegistry) ecs.ServiceRegistry {
	return ecs.ServiceRegistry{
		ARN: wire.Val(g.RegistryArn), ContainerName: wire.Val(g.ContainerName),
		ContainerPort: int(wire.Val(g.ContainerPort)), Port: int(wire.Val(g.Port)),
	}
}

func registryToWire(g ecs.ServiceRegistry) ServiceRegistry {
	return ServiceRegistry{
		RegistryArn: &g.ARN, ContainerName: wire.Optional(g.ContainerName),
		ContainerPort: wire.Optional(int32(g.ContainerPort)), Port: wire.Optional(int32(g.Port)),
	}
}
