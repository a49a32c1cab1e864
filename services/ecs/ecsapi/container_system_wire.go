package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

func mountPointFromWire(m MountPoint) ecs.MountPoint {
	return ecs.MountPoint{SourceVolume: wire.Val(m.SourceVolume), ContainerPath: wire.Val(m.ContainerPath), ReadOnly: m.ReadOnly}
}

func mountPointToWire(m ecs.MountPoint) MountPoint {
	return MountPoint{SourceVolume: &m.SourceVolume, ContainerPath: &m.ContainerPath, ReadOnly: m.ReadOnly}
}

func volumeFromFromWire(v VolumeFrom) ecs.VolumeFrom {
	return ecs.VolumeFrom{SourceContainer: wire.Val(v.SourceContainer), ReadOnly: v.ReadOnly}
}

func volumeFromToWire(v ecs.VolumeFrom) VolumeFrom {
	return VolumeFrom{SourceContainer: &v.SourceContainer, ReadOnly: v.ReadOnly}
}

func linuxFromWire(l *LinuxParameters) *ecs.LinuxParameters {
	if l == nil {
		return nil
	}
	out := &ecs.LinuxParameters{InitProcessEnabled: l.InitProcessEnabled, Tmpfs: each(l.Tmpfs, tmpfsFromWire)}
	if c := l.Capabilities; c != nil {
		out.Capabilities = &ecs.KernelCapabilities{Add: c.Add, Drop: c.Drop}
	}
	return out
}

func linuxToWire(l *ecs.LinuxParameters) *LinuxParameters {
	if l == nil {
		return nil
	}
	out := &LinuxParameters{InitProcessEnabled: l.InitProcessEnabled, Tmpfs: each(l.Tmpfs, tmpfsToWire)}
	if c := l.Capabilities; c != nil {
		out.Capabilities = &KernelCapabilities{Add: c.Add, Drop: c.Drop}
	}
	return out
}

func tmpfsFromWire(t Tmpfs) ecs.Tmpfs {
	return ecs.Tmpfs{ContainerPath: wire.Val(t.ContainerPath), Size: int(wire.Val(t.Size)), MountOptions: t.MountOptions}
}

func tmpfsToWire(t ecs.Tmpfs) Tmpfs {
	return Tmpfs{ContainerPath: &t.ContainerPath, Size: wire.Ptr(int32(t.Size)), MountOptions: t.MountOptions}
}

func ulimitFromWire(u Ulimit) ecs.Ulimit {
	return ecs.Ulimit{Name: wire.Val(u.Name), Soft: int(wire.Val(u.SoftLimit)), Hard: int(wire.Val(u.HardLimit))}
}

func ulimitToWire(u ecs.Ulimit) Ulimit {
	return Ulimit{Name: &u.Name, SoftLimit: wire.Ptr(int32(u.Soft)), HardLimit: wire.Ptr(int32(u.Hard))}
}

func systemControlFromWire(s SystemControl) ecs.SystemControl {
	return ecs.SystemControl{Namespace: wire.Val(s.Namespace), Value: wire.Val(s.Value)}
}

func systemControlToWire(s ecs.SystemControl) SystemControl {
	return SystemControl{Namespace: &s.Namespace, Value: &s.Value}
}
