package ecr

import (
	"net"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/lazyregexp"
)

// Reference is the name of an image in ECR.
type Reference struct {
	// Scope is the registry's; its Account is empty for the registry's local
	// address, which stands for that of whoever asks.
	Scope      aws.Scope
	Repository string
	// Tag or Digest is set.
	Tag, Digest string
}

var registryHost = lazyregexp.New(`^([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(.+)$`)

// RegistryScope reads the account and region out of a registry's host name,
// such as 000000000000.dkr.ecr.eu-west-1.amazonaws.com.
func RegistryScope(host string) (aws.Scope, bool) {
	m := registryHost.FindStringSubmatch(host)
	if m == nil {
		return aws.Scope{}, false
	}
	return aws.Scope{Account: m[1], Region: m[2]}, true
}

// awsDomains end the names of ECR's registries.
var awsDomains = []string{".amazonaws.com", ".amazonaws.com.cn", ".on.aws"}

// ParseReference reads the name of an image that is in ECR: under the name of
// its registry at AWS, or at the registry's local port, at this address or the
// loopback. It is false for images of other registries.
func ParseReference(text, local string) (Reference, bool) {
	host, rest, ok := strings.Cut(text, "/")
	if !ok {
		return Reference{}, false
	}
	var ref Reference
	if scope, ok := RegistryScope(host); ok && endsWithAny(host, awsDomains) {
		ref.Scope = scope
	} else if !isLocal(host, local) {
		return Reference{}, false
	}
	ref.Repository, ref.Digest, _ = strings.Cut(rest, "@")
	if i := strings.LastIndexByte(ref.Repository, ':'); i >= 0 {
		ref.Repository, ref.Tag = ref.Repository[:i], ref.Repository[i+1:]
	}
	switch {
	case ref.Digest != "":
		ref.Tag = "" // the digest says it all
	case ref.Tag == "":
		ref.Tag = "latest"
	}
	return ref, true
}

func endsWithAny(s string, ends []string) bool {
	for _, end := range ends {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// isLocal says whether a host stands for the local address host:port.
func isLocal(host, local string) bool {
	if host == local {
		return true
	}
	name, port, err := net.SplitHostPort(host)
	_, want, e := net.SplitHostPort(local)
	if err != nil || e != nil || port != want {
		return false
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
