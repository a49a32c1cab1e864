package doctor

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func fit() Host {
	return Host{
		OS: "linux", Root: true, CgroupVersion: 2, Controllers: []string{"cpu", "memory", "pids"},
		Runtimes: map[string]string{"runc": "1.1.5"}, FreeBytes: 10 << 30, OpenFiles: 65536,
		PublicCIDR: netip.MustParsePrefix("10.9.0.0/16"),
	}
}

func TestDiagnose(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*Host)
		finding string
		want    Verdict
		advice  string
	}{
		{"fit", func(*Host) {}, "cgroups", OK, ""},
		{"not Linux", func(h *Host) { h.OS = "darwin" }, "linux", Missing, "Linux"},
		{"no root", func(h *Host) { h.Root = false }, "root", Missing, "sudo"},
		{"no cgroups", func(h *Host) { h.CgroupVersion = 0 }, "cgroups", Missing, "Mount cgroup2"},
		{"no memory controller", func(h *Host) { h.Controllers = []string{"cpu", "pids"} }, "cgroups", Missing, `"memory"`},
		{"cgroup v1", func(h *Host) { h.CgroupVersion = 1 }, "cgroups", OK, ""},
		{"no nftables", func(h *Host) { h.NFTables = errors.New("no such thing") }, "nftables", Missing, "nf_tables"},
		{"no overlay", func(h *Host) { h.Overlay = errors.New("no such device") }, "overlayfs", Missing, "modprobe overlay"},
		{"no namespaces", func(h *Host) { h.NetworkNamespace = errors.New("not permitted") }, "network namespaces", Missing, "CONFIG_NET_NS"},
		{"no runtime", func(h *Host) { h.Runtimes = nil }, "OCI runtime", Missing, "apt-get install runc"},
		{"crun", func(h *Host) { h.Runtimes = map[string]string{"crun": "1.8"} }, "OCI runtime", OK, ""},
		{"firewall", func(h *Host) { h.ForwardDrop = "chain FORWARD of table filter" }, "host firewall", Warn, "-d 10.9.0.0/16 -j ACCEPT"},
		{"no right to try", func(h *Host) { h.Root, h.NFTables = false, unix.EPERM }, "nftables", Warn, "as root"},
		{"disk", func(h *Host) { h.FreeBytes = 1 << 20 }, "disk", Warn, "2 GiB"},
		{"files", func(h *Host) { h.OpenFiles = 1024 }, "open files", Warn, "ulimit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := fit()
			test.change(&h)
			findings := Diagnose(h)
			for _, f := range findings {
				if f.Name != test.finding {
					if f.Verdict != OK && (h.Root || f.Name != "root") {
						t.Errorf("%s is %s, though only %s was changed", f.Name, f.Verdict, test.finding)
					}
					continue
				}
				if f.Verdict != test.want || !strings.Contains(f.Advice, test.advice) || (f.Advice == "") != (test.advice == "") {
					t.Errorf("%s: %s, advice %q; want %s, advice with %q", f.Name, f.Verdict, f.Advice, test.want, test.advice)
				}
			}
			if got := Healthy(findings); got != (test.want != Missing && h.Root) {
				t.Errorf("healthy is %v with %s %s", got, test.finding, test.want)
			}
		})
	}
}
