package ecs

import (
	"path"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
)

// badContainer refuses a container's setting in the words that ECS begins with.
func badContainer(c *ContainerDefinition, format string, args ...any) *aws.Error {
	args = append([]any{c.Name}, args...)
	return ClientException("Invalid setting for container '%s'. "+format, args...)
}

// checkContainer checks one container by itself.
func checkContainer(d *TaskDefinition, c *ContainerDefinition) error {
	checks := []func(*ContainerDefinition) error{
		checkIdentity, checkReservations, checkPorts, checkEnvironment,
		checkTimeouts, checkHealthCheck, checkRestartPolicy,
		checkLinuxParameters, checkUlimits, checkSystemControls, checkLog,
	}
	for _, check := range checks {
		if err := check(c); err != nil {
			return err
		}
	}
	return checkMounts(d, c)
}

func checkIdentity(c *ContainerDefinition) error {
	switch {
	case c.Name == "":
		return ClientException("Container.name should not be null or empty.")
	case !IsName(c.Name):
		return ClientException("Container.name contains invalid characters.")
	case c.Image == "":
		return ClientException("Container.image should not be null or empty.")
	case !isImage(c.Image):
		return ClientException("Container.image contains invalid characters.")
	case c.VersionConsistency != "" && c.VersionConsistency != "enabled" && c.VersionConsistency != "disabled":
		return badContainer(c, "versionConsistency must be enabled or disabled, not '%s'.", c.VersionConsistency)
	case Bool(c.Privileged):
		return ClientException("Fargate compatible task definitions do not support privileged containers: 'privileged' of container '%s'.", c.Name)
	case Bool(c.DisableNetworking):
		return ClientException("Fargate compatible task definitions do not support 'disableNetworking', set for container '%s'.", c.Name)
	}
	return nil
}

// minMemory is the least memory of a container in MiB (API Reference,
// "ContainerDefinition": "don't specify less than 4 MiB").
const minMemory = 4

func checkReservations(c *ContainerDefinition) error {
	switch {
	case c.CPU < 0:
		return badContainer(c, "'cpu' should not be negative.")
	case c.Memory != 0 && c.Memory < minMemory:
		return badContainer(c, "'memory' should not be less than %d MiB.", minMemory)
	case c.MemoryReservation != 0 && c.MemoryReservation < minMemory:
		return badContainer(c, "'memoryReservation' should not be less than %d MiB.", minMemory)
	case c.Memory != 0 && c.MemoryReservation > c.Memory:
		return badContainer(c, "'memory' should be greater than 'memoryReservation'.")
	}
	return nil
}

func checkEnvironment(c *ContainerDefinition) error {
	for _, kv := range c.Environment {
		if kv.Name == "" {
			return badContainer(c, "environment: a variable's name should not be null or empty.")
		}
		if strings.ContainsRune(kv.Name+kv.Value, 0) {
			return badContainer(c, "environment: variable '%s' contains a NUL character.", kv.Name)
		}
	}
	for _, arg := range slices.Concat(c.EntryPoint, c.Command) {
		if strings.ContainsRune(arg, 0) {
			return badContainer(c, "entryPoint and command should not contain a NUL character.")
		}
	}
	for key := range c.DockerLabels {
		if key == "" {
			return badContainer(c, "dockerLabels: a label's key should not be empty.")
		}
	}
	return nil
}

// checkMounts checks where a container mounts something, and what it takes
// from the task's volumes and from other containers.
func checkMounts(d *TaskDefinition, c *ContainerDefinition) error {
	if err := checkMountPaths(c); err != nil {
		return err
	}
	for _, m := range c.MountPoints {
		if !slices.ContainsFunc(d.Volumes, func(v Volume) bool { return v.Name == m.SourceVolume }) {
			return ClientException("Unknown volume '%s'.", m.SourceVolume)
		}
	}
	for _, v := range c.VolumesFrom {
		if v.SourceContainer == c.Name {
			return badContainer(c, "volumesFrom: a container cannot mount its own volumes.")
		}
		if d.Container(v.SourceContainer) == nil {
			return badContainer(c, "volumesFrom: unknown container '%s'.", v.SourceContainer)
		}
	}
	return nil
}

// checkMountPaths holds that every mount has a place of its own below the root.
func checkMountPaths(c *ContainerDefinition) error {
	var places []string
	for _, m := range c.MountPoints {
		places = append(places, m.ContainerPath)
	}
	if c.LinuxParameters != nil {
		for _, t := range c.LinuxParameters.Tmpfs {
			places = append(places, t.ContainerPath)
		}
	}
	seen := map[string]bool{}
	for _, place := range places {
		clean := path.Clean(place)
		switch {
		case !path.IsAbs(place) || clean == "/" || strings.ContainsRune(place, 0):
			return badContainer(c, "mountPoints and tmpfs: containerPath '%s' is not an absolute path below the root.", place)
		case seen[clean]:
			return badContainer(c, "mountPoints and tmpfs: containerPath '%s' is used more than once.", place)
		}
		seen[clean] = true
	}
	return nil
}
