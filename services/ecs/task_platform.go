package ecs

// Fargate's platform versions for Linux (ECS Developer Guide, "Fargate platform versions").
const (
	platformLatest = "LATEST"
	platformNewest = "1.4.0"
	platformOld    = "1.3.0"
	// PlatformFamilyLinux is the platformFamily of every task here.
	PlatformFamilyLinux = "Linux"
)

// ResolvePlatformVersion returns the version that a request's name stands for;
// "" is LATEST.
func ResolvePlatformVersion(name string) (string, bool) {
	switch name {
	case "", platformLatest, platformNewest:
		return platformNewest, true
	case platformOld:
		return platformOld, true
	}
	return "", false
}

// CheckPlatform refuses a task that needs more than its platform version has:
// the size of the ephemeral storage can be chosen from 1.4.0 on.
func CheckPlatform(version string, d *TaskDefinition) error {
	if version == platformOld && d.EphemeralStorage != 0 {
		return PlatformIncompatible("Platform version %s does not support ephemeralStorage.", version)
	}
	return nil
}

// defaultStorage is the ephemeral storage in GiB of a task that asks for none
// (Developer Guide, "Fargate task ephemeral storage").
const defaultStorage = 20

// StorageOf returns a task's ephemeral storage in GiB.
func StorageOf(d *TaskDefinition) int {
	if d.EphemeralStorage == 0 {
		return defaultStorage
	}
	return d.EphemeralStorage
}
