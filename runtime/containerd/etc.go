package containerd

import (
	"fmt"
	"strings"

	"kaimon.dev/kaimon/runtime"
)

// etcFiles are the files in /etc that a task's containers share, by name.
func etcFiles(spec runtime.Spec) map[string]string {
	var hosts strings.Builder
	hosts.WriteString("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n")
	if spec.Address.IsValid() && spec.Hostname != "" {
		fmt.Fprintf(&hosts, "%s %s\n", spec.Address, spec.Hostname)
	}
	var resolv strings.Builder
	if len(spec.SearchDomains) > 0 {
		fmt.Fprintf(&resolv, "search %s\n", strings.Join(spec.SearchDomains, " "))
	}
	for _, n := range spec.Nameservers {
		fmt.Fprintf(&resolv, "nameserver %s\n", n)
	}
	return map[string]string{
		"hosts":       hosts.String(),
		"hostname":    spec.Hostname + "\n",
		"resolv.conf": resolv.String(),
	}
}
