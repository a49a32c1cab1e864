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
