package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// refusal is a member of a request, and whether it is one that was given and
// can't be honoured. Each is refused by name, so that nothing is kept and ignored.
type refusal struct {
	given bool
	// field is the member's name on the wire.
	field string
	// fargate says that AWS refuses it on Fargate too.
	fargate bool
}

// refuse returns the error of the first member that was given; of says whose
// member it is, "" for the task definition's own.
func refuse(of string, members []refusal) error {
	for _, m := range members {
		switch {
		case m.given && m.fargate:
			return ecs.ClientException("Fargate compatible task definitions do not support %s%s.", m.field, of)
		case m.given:
			return ecs.ClientException("%s%s is not supported here.", m.field, of)
		}
	}
	return nil
}

// refuseDefinition refuses the members of a task definition that have no noun:
// what Fargate doesn't have, and what needs a service that isn't there yet.
func refuseDefinition(in *RegisterTaskDefinitionInput) error {
	err := refuse("", []refusal{
		{len(in.PlacementConstraints) > 0, "placementConstraints", true},
		{len(in.InferenceAccelerators) > 0, "inferenceAccelerators", true},
		{wire.Val(in.IpcMode) != "", "ipcMode", true},
		{wire.Val(in.PidMode) == "host", "pidMode 'host'", true},
		{wire.Val(in.PidMode) != "", "pidMode", false},
		{in.ProxyConfiguration != nil, "proxyConfiguration", false},
		{wire.Val(in.EnableFaultInjection), "enableFaultInjection", false},
	})
	if err != nil {
		return err
	}
	for _, v := range in.Volumes {
		if err := refuseVolume(v); err != nil {
			return err
		}
	}
	for _, c := range in.ContainerDefinitions {
		if err := refuseContainer(c); err != nil {
			return err
		}
	}
	return nil
}

func refuseVolume(v Volume) error {
	if v.Host != nil && wire.Val(v.Host.SourcePath) != "" {
		return ecs.ClientException("host.sourcePath should not be set for volumes in Fargate.")
	}
	return refuse(" of volume '"+wire.Val(v.Name)+"'", []refusal{
		{v.DockerVolumeConfiguration != nil, "dockerVolumeConfiguration", true},
		{v.FsxWindowsFileServerVolumeConfiguration != nil, "fsxWindowsFileServerVolumeConfiguration", true},
		{v.EfsVolumeConfiguration != nil, "efsVolumeConfiguration", false},
		{v.S3filesVolumeConfiguration != nil, "s3filesVolumeConfiguration", false},
	})
}

func refuseContainer(c ContainerDefinition) error {
	l, log := c.LinuxParameters, c.LogConfiguration
	if l == nil {
		l = &LinuxParameters{}
	}
	if log == nil {
		log = &LogConfiguration{}
	}
	return refuse(" of container '"+wire.Val(c.Name)+"'", []refusal{
		{len(c.Links) > 0, "links", true},
		{wire.Val(c.Hostname) != "", "hostname", true},
		{len(c.DnsServers) > 0, "dnsServers", true},
		{len(c.DnsSearchDomains) > 0, "dnsSearchDomains", true},
		{len(c.ExtraHosts) > 0, "extraHosts", true},
		{len(c.DockerSecurityOptions) > 0, "dockerSecurityOptions", true},
		{len(c.ResourceRequirements) > 0, "resourceRequirements", true},
		{len(l.Devices) > 0, "linuxParameters.devices", true},
		{l.SharedMemorySize != nil, "linuxParameters.sharedMemorySize", true},
		{l.MaxSwap != nil, "linuxParameters.maxSwap", true},
		{l.Swappiness != nil, "linuxParameters.swappiness", true},
		{c.RepositoryCredentials != nil, "repositoryCredentials", false},
		{len(c.EnvironmentFiles) > 0, "environmentFiles", false},
		{len(c.Secrets) > 0, "secrets", false},
		{len(log.SecretOptions) > 0, "logConfiguration.secretOptions", false},
		{c.FirelensConfiguration != nil, "firelensConfiguration", false},
		{len(c.CredentialSpecs) > 0, "credentialSpecs", false},
	})
}
