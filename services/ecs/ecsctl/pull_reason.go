package ecsctl

import (
	"errors"
	"fmt"
	"strings"

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
	ref := fullReference(p.Ref)
	unresolved := manifest + "failed to resolve ref " + ref + ": "
	switch p.Fault {
	case runtime.PullNotFound:
		return ecs.ReasonCannotPull(unresolved + ref + ": not found")
	case runtime.PullDenied:
		return ecs.ReasonCannotPull(unresolved + phrased("pull access denied, repository does not exist or may require authorization", p.Err))
	case runtime.PullUnreachable:
		return ecs.ReasonCannotPull(unresolved + phrased("failed to do request", p.Err))
	case runtime.PullPlatform:
		return ecs.ReasonCannotPull(fmt.Sprintf("%simage Manifest does not contain descriptor matching platform 'linux/%s'", manifest, ociArchitecture(architecture)))
	case runtime.PullNoSpace:
		return ecs.ReasonCannotPull(layers + phrased("failed to copy", p.Err))
	case runtime.PullInvalid:
		return ecs.ReasonCannotPull(phrased("invalid reference format", p.Err))
	}
	return ecs.ReasonCannotPull(layers + p.Err.Error())
}

// phrased puts a phrase that people search for before an error, unless the
// registry's client said it already.
func phrased(phrase string, err error) string {
	if text := err.Error(); strings.Contains(text, phrase) {
		return text
	}
	return fmt.Sprintf("%s: %v", phrase, err)
}

// fullReference writes an image's reference with the registry and tag that it
// stands for: "nginx" is docker.io/library/nginx:latest.
func fullReference(ref string) string {
	host, path, ok := strings.Cut(ref, "/")
	switch {
	case !ok:
		ref = "docker.io/library/" + ref
	case !strings.ContainsAny(host, ".:") && host != "localhost":
		ref = "docker.io/" + ref
	case host == "docker.io" && !strings.Contains(path, "/"):
		ref = "docker.io/library/" + path
	}
	if !strings.Contains(ref[strings.LastIndex(ref, "/"):], ":") {
		ref += ":latest"
	}
	return ref
}

// ociArchitecture is the OCI name of one of ECS's architectures.
func ociArchitecture(a string) string {
	if a == "ARM64" {
		return "arm64"
	}
	return "amd64"
}
