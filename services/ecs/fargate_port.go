package ecs

import (
	"slices"
	"strconv"
	"strings"
)

// appProtocols are the protocols that Service Connect tells apart.
var appProtocols = []string{"http", "http2", "grpc"}

func checkPorts(c *ContainerDefinition) error {
	for i, p := range c.PortMappings {
		if err := checkPort(c, p); err != nil {
			return err
		}
		for _, q := range c.PortMappings[:i] {
			if p.Name != "" && p.Name == q.Name {
				return badContainer(c, "portMappings: the name '%s' is used more than once.", p.Name)
			}
			if p.overlaps(q) {
				return badContainer(c, "portMappings: a %s port can only be included in one port mapping.", p.Protocol)
			}
		}
	}
	return nil
}

func checkPort(c *ContainerDefinition, p PortMapping) error {
	switch {
	case p.Protocol != "tcp" && p.Protocol != "udp":
		return badContainer(c, "portMappings: protocol must be tcp or udp, not '%s'.", p.Protocol)
	case p.Name != "" && !isPortName(p.Name):
		return badContainer(c, "portMappings: name '%s' contains invalid characters.", p.Name)
	case p.AppProtocol != "" && !slices.Contains(appProtocols, p.AppProtocol):
		return badContainer(c, "portMappings: appProtocol '%s' is not valid.", p.AppProtocol)
	case p.AppProtocol != "" && p.Protocol != "tcp":
		return badContainer(c, "portMappings: appProtocol requires protocol tcp.")
	}
	if p.ContainerPortRange != "" {
		if p.ContainerPort != 0 || p.HostPort != 0 {
			return badContainer(c, "portMappings: containerPortRange cannot be used with containerPort or hostPort.")
		}
		if _, _, ok := ParsePortRange(p.ContainerPortRange); !ok {
			return badContainer(c, "portMappings: containerPortRange '%s' is not valid.", p.ContainerPortRange)
		}
		return nil
	}
	if p.ContainerPort < 1 || p.ContainerPort > 65535 {
		return badContainer(c, "portMappings: containerPort must be between 1 and 65535, not %d.", p.ContainerPort)
	}
	if p.HostPort != p.ContainerPort {
		return ClientException("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
	}
	return nil
}

// overlaps says whether two mappings that are each valid share a port.
func (p PortMapping) overlaps(q PortMapping) bool {
	pFirst, pLast := p.ports()
	qFirst, qLast := q.ports()
	return p.Protocol == q.Protocol && pFirst <= qLast && qFirst <= pLast
}

// ports returns the first and last port of a valid mapping.
func (p PortMapping) ports() (first, last int) {
	if p.ContainerPortRange == "" {
		return p.ContainerPort, p.ContainerPort
	}
	first, last, _ = ParsePortRange(p.ContainerPortRange)
	return first, last
}

// ParsePortRange reads "first-last", both between 1 and 65535 and in order.
func ParsePortRange(s string) (first, last int, ok bool) {
	a, b, found := strings.Cut(s, "-")
	first, errA := strconv.Atoi(a)
	last, errB := strconv.Atoi(b)
	ok = found && errA == nil && errB == nil && 1 <= first && first < last && last <= 65535
	return first, last, ok
}
