package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// portFromWire fills in what awsvpc makes of a missing host port and protocol.
func portFromWire(p PortMapping) ecs.PortMapping {
	out := ecs.PortMapping{
		ContainerPort: int(wire.Val(p.ContainerPort)), ContainerPortRange: wire.Val(p.ContainerPortRange),
		Protocol: wire.Val(p.Protocol), Name: wire.Val(p.Name), AppProtocol: wire.Val(p.AppProtocol),
	}
	out.HostPort = out.ContainerPort
	if p.HostPort != nil {
		out.HostPort = int(*p.HostPort)
	}
	if out.Protocol == "" {
		out.Protocol = "tcp"
	}
	return out
}

func portToWire(p ecs.PortMapping) PortMapping {
	return PortMapping{
		ContainerPort: wire.Optional(int32(p.ContainerPort)), HostPort: wire.Optional(int32(p.HostPort)),
		ContainerPortRange: wire.Optional(p.ContainerPortRange), Protocol: &p.Protocol,
		Name: wire.Optional(p.Name), AppProtocol: wire.Optional(p.AppProtocol),
	}
}

func keyValueFromWire(kv KeyValuePair) ecs.KeyValue {
	return ecs.KeyValue{Name: wire.Val(kv.Name), Value: wire.Val(kv.Value)}
}

func logFromWire(l *LogConfiguration) *ecs.LogConfiguration {
	if l == nil {
		return nil
	}
	return &ecs.LogConfiguration{LogDriver: wire.Val(l.LogDriver), Options: l.Options}
}

func logToWire(l *ecs.LogConfiguration) *LogConfiguration {
	if l == nil {
		return nil
	}
	return &LogConfiguration{LogDriver: &l.LogDriver, Options: l.Options}
}
