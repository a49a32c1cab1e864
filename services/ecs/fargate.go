package ecs

import "slices"

// maxContainers is the most containers that one task definition may have
// (Developer Guide, "Amazon ECS service quotas").
const maxContainers = 10

// CheckFargate refuses, with AWS's code and naming the field, a task definition
// that couldn't run on Fargate (Developer Guide, "Amazon ECS task definition
// differences for Fargate"). What passes can be run as it stands. Defaults are
// expected to be filled in.
func CheckFargate(d *TaskDefinition) error {
	checks := []func(*TaskDefinition) error{
		checkFamily, checkCompatibility, checkTaskSize, checkPlatform, checkVolumes,
		checkContainers, checkContainerSums, checkDependencies, checkLogRole,
	}
	for _, check := range checks {
		if err := check(d); err != nil {
			return err
		}
	}
	return nil
}

func checkFamily(d *TaskDefinition) error {
	if d.Family == "" {
		return ClientException("Family should not be null or empty.")
	}
	if !IsName(d.Family) {
		return ClientException("Family contains invalid characters.")
	}
	return nil
}

// launchTypes are the values of requiresCompatibilities.
var launchTypes = []string{"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"}

func checkCompatibility(d *TaskDefinition) error {
	need := d.RequiresCompatibilities
	for _, c := range need {
		if !slices.Contains(launchTypes, c) {
			return ClientException("requiresCompatibilities: '%s' is not a valid launch type.", c)
		}
	}
	if len(need) > 0 && !slices.Contains(need, "FARGATE") {
		return ClientException("requiresCompatibilities: only FARGATE tasks can be run here; add FARGATE to %v.", need)
	}
	if slices.Contains(need, "EXTERNAL") {
		return ClientException("requiresCompatibilities: EXTERNAL does not support network mode 'awsvpc', which FARGATE requires.")
	}
	if d.NetworkMode != "awsvpc" {
		return ClientException("Fargate only supports network mode ‘awsvpc’.")
	}
	return nil
}

func checkTaskSize(d *TaskDefinition) error {
	if d.CPU == 0 {
		return ClientException("Fargate requires that 'cpu' be defined at the task level.")
	}
	if d.Memory == 0 {
		return ClientException("Fargate requires that 'memory' be defined at the task level.")
	}
	if err := CheckFargateSize(d.CPU, d.Memory); err != nil {
		return err
	}
	if d.EphemeralStorage != 0 {
		return CheckEphemeralStorage(d.EphemeralStorage)
	}
	return nil
}

// CheckEphemeralStorage refuses a size in GiB outside Fargate's range
// (API Reference, "EphemeralStorage"). RunTask applies it to overrides too.
func CheckEphemeralStorage(gib int) error {
	if gib < 21 || gib > 200 {
		return ClientException("Invalid 'ephemeralStorage' setting for task: sizeInGiB must be between 21 and 200, not %d.", gib)
	}
	return nil
}

func checkPlatform(d *TaskDefinition) error {
	p := d.RuntimePlatform
	if p == nil {
		return nil
	}
	if p.OperatingSystemFamily != "" && p.OperatingSystemFamily != "LINUX" {
		return ClientException("runtimePlatform: operatingSystemFamily '%s' is not supported here; only LINUX is.", p.OperatingSystemFamily)
	}
	if p.CPUArchitecture != "" && p.CPUArchitecture != ArchitectureX86 && p.CPUArchitecture != ArchitectureARM {
		return ClientException("runtimePlatform: cpuArchitecture '%s' is not valid.", p.CPUArchitecture)
	}
	return nil
}

func checkVolumes(d *TaskDefinition) error {
	seen := map[string]bool{}
	for _, v := range d.Volumes {
		switch {
		case !IsName(v.Name):
			return ClientException("Volume.name '%s' contains invalid characters.", v.Name)
		case seen[v.Name]:
			return ClientException("volumes: the name '%s' is used more than once.", v.Name)
		case Bool(v.ConfiguredAtLaunch):
			return ClientException("volumes: configuredAtLaunch of volume '%s' is not supported here.", v.Name)
		}
		seen[v.Name] = true
	}
	return nil
}

func checkContainers(d *TaskDefinition) error {
	if len(d.Containers) == 0 {
		return ClientException("Container list cannot be empty.")
	}
	if len(d.Containers) > maxContainers {
		return ClientException("containerDefinitions: a task definition cannot have more than %d containers.", maxContainers)
	}
	seen := map[string]bool{}
	essential := false
	for i := range d.Containers {
		c := &d.Containers[i]
		if err := checkContainer(d, c); err != nil {
			return err
		}
		if seen[c.Name] {
			return ClientException("containerDefinitions: the name '%s' is used more than once.", c.Name)
		}
		seen[c.Name] = true
		essential = essential || c.Essential
	}
	if !essential {
		return ClientException("containerDefinitions: at least one container must be essential.")
	}
	return nil
}

// checkContainerSums holds the containers' reservations within the task's size.
func checkContainerSums(d *TaskDefinition) error {
	cpu, memory := 0, 0
	for i := range d.Containers {
		c := &d.Containers[i]
		if c.Memory > d.Memory {
			return ClientException("The 'memory' setting for container '%s' is greater than for the task.", c.Name)
		}
		cpu += c.CPU
		if c.MemoryReservation > 0 {
			memory += c.MemoryReservation
		} else {
			memory += c.Memory
		}
	}
	if cpu > d.CPU {
		return ClientException("The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.")
	}
	if memory > d.Memory {
		return ClientException("The sum of all container 'memory' reservations cannot be greater than the value of the task 'memory'.")
	}
	return nil
}
