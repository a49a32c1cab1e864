package ecsctl

import (
	"errors"
	"fmt"

	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/ecs"
)

// pullReason puts a failed pull into the words of Fargate (ECS Developer Guide,
// "CannotPullContainer task errors").
func pullReason(err error, architecture string) string {
	var p *runtime.PullError
	if !errors.As(err, &p) {
		return ecs.ReasonCannotPull(err.Error())
	}
	const manifest, layers = "pull image manifest has been retried 1 time(s): ", "ref pull has been retried 1 time(s): "
	switch p.Fault {
	case runtime.PullNotFound:
		return ecs.ReasonCannotPull(fmt.Sprintf("%sfailed to resolve ref %s: %s: not found", manifest, p.Ref, p.Ref))
	case runtime.PullDenied:
		return ecs.ReasonCannotPull(fmt.Sprintf("%sfailed to resolve ref %s: pull access denied, repository does not exist or may require authorization: %v", manifest, p.Ref, p.Err))
	case runtime.PullPlatform:
		return ecs.ReasonCannotPull(fmt.Sprintf("%simage Manifest does not contain descriptor matching platform 'linux/%s'", manifest, ociArchitecture(architecture)))
	case runtime.PullNoSpace:
		return ecs.ReasonCannotPull(fmt.Sprintf("%sfailed to copy: %v", layers, p.Err))
	case runtime.PullInvalid:
		return ecs.ReasonCannotPull(fmt.Sprintf("invalid reference format: %s: %v", p.Ref, p.Err))
	case runtime.PullUnreachable:
		return ecs.ReasonCannotPull(fmt.Sprintf("%sfailed to resolve ref %s: failed to do request: %v", manifest, p.Ref, p.Err))
	}
	return ecs.ReasonCannotPull(fmt.Sprintf("%s%v", layers, p.Err))
}

// ociArchitecture is the OCI name of one of ECS's architectures.
func ociArchitecture(a string) string {
	if a == "ARM64" {
		return "arm64"
	}
	return "amd64"
}
