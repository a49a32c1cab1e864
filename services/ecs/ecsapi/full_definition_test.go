package ecsapi

import "kaimon.dev/kaimon/aws/wire"

// fullDefinition gives every member that is kept, with the defaults that AWS
// fills in already there, so that what is described must equal it.
func fullDefinition() *RegisterTaskDefinitionInput {
	p32, ps, pb := wire.Ptr[int32], wire.Ptr[string], wire.Ptr[bool]
	app := ContainerDefinition{
		Name: ps("app"), Image: ps("nginx:1"), Cpu: p32(10), Memory: p32(256), MemoryReservation: p32(128), Essential: pb(true),
		PortMappings: []PortMapping{
			{ContainerPort: p32(80), HostPort: p32(80), Protocol: ps("tcp"), Name: ps("web"), AppProtocol: ps("http2")},
			{ContainerPortRange: ps("100-200"), Protocol: ps("udp")},
		},
		RestartPolicy:    &ContainerRestartPolicy{Enabled: pb(true), IgnoredExitCodes: []int32{0, 3}, RestartAttemptPeriod: p32(60)},
		EntryPoint:       []string{"/bin/sh", "-c"},
		Command:          []string{"exec nginx"},
		Environment:      []KeyValuePair{{Name: ps("A"), Value: ps("")}, {Name: ps("B"), Value: ps("2")}},
		MountPoints:      []MountPoint{{SourceVolume: ps("data"), ContainerPath: ps("/data"), ReadOnly: pb(true)}},
		VolumesFrom:      []VolumeFrom{{SourceContainer: ps("init"), ReadOnly: pb(false)}},
		DependsOn:        []ContainerDependency{{ContainerName: ps("init"), Condition: ps("SUCCESS")}},
		StartTimeout:     p32(5),
		StopTimeout:      p32(0),
		User:             ps("1000:1000"),
		WorkingDirectory: ps("/srv"),
		LinuxParameters: &LinuxParameters{
			Capabilities:       &KernelCapabilities{Add: []string{"SYS_PTRACE"}, Drop: []string{"NET_RAW"}},
			InitProcessEnabled: pb(true),
			Tmpfs:              []Tmpfs{{ContainerPath: ps("/run"), Size: p32(16), MountOptions: []string{"ro"}}},
		},
		VersionConsistency:     ps("disabled"),
		DisableNetworking:      pb(false),
		Privileged:             pb(false),
		ReadonlyRootFilesystem: pb(true),
		Interactive:            pb(true),
		PseudoTerminal:         pb(false),
		DockerLabels:           map[string]string{"a": "b", "c": ""},
		Ulimits:                []Ulimit{{Name: ps("nofile"), SoftLimit: p32(10), HardLimit: p32(20)}},
		LogConfiguration: &LogConfiguration{LogDriver: ps("awslogs"), Options: map[string]string{
			"awslogs-group": "g", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p",
		}},
		HealthCheck: &HealthCheck{
			Command: []string{"CMD-SHELL", "true"}, Interval: p32(10), Timeout: p32(4), Retries: p32(2), StartPeriod: p32(9),
		},
		SystemControls: []SystemControl{{Namespace: ps("net.ipv4.tcp_keepalive_time"), Value: ps("500")}},
	}
	init := ContainerDefinition{
		Name: ps("init"), Image: ps("busybox"), Cpu: p32(0), Essential: pb(false),
		PortMappings: []PortMapping{}, Environment: []KeyValuePair{}, MountPoints: []MountPoint{},
		VolumesFrom: []VolumeFrom{}, SystemControls: []SystemControl{},
	}
	return &RegisterTaskDefinitionInput{
		Family: ps("full"), NetworkMode: ps("awsvpc"), Cpu: ps("1024"), Memory: ps("2048"),
		TaskRoleArn:             ps("arn:aws:iam::000000000000:role/task"),
		ExecutionRoleArn:        ps("arn:aws:iam::000000000000:role/exec"),
		ContainerDefinitions:    []ContainerDefinition{app, init},
		Volumes:                 []Volume{{Name: ps("data"), Host: &HostVolumeProperties{}, ConfiguredAtLaunch: pb(false)}, {Name: ps("more")}},
		RequiresCompatibilities: []string{"FARGATE", "EC2"},
		Tags:                    []Tag{{Key: ps("team"), Value: ps("a")}},
		EphemeralStorage:        &EphemeralStorage{SizeInGiB: p32(40)},
		RuntimePlatform:         &RuntimePlatform{CpuArchitecture: ps("ARM64"), OperatingSystemFamily: ps("LINUX")},
		EnableFaultInjection:    pb(false),
	}
}
