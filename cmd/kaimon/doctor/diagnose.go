package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
)

// Verdict is how grave a finding is.
type Verdict string

const (
	// OK: as it should be.
	OK Verdict = "ok"
	// Warn: Kaimon runs, with less than it could.
	Warn Verdict = "warn"
	// Missing: Kaimon does not run without it.
	Missing Verdict = "missing"
)

// Finding is one check's outcome.
type Finding struct {
	Name    string
	Verdict Verdict
	// Found is what was seen; Advice what to do, "" when all is well.
	Found, Advice string
}

// Host is what was found out about a machine.
type Host struct {
	OS   string
	Root bool
	// CgroupVersion is 1, 2, or 0 for none; Controllers are the usable ones.
	CgroupVersion int
	Controllers   []string
	// NFTables is nil when the kernel took a table and gave it back.
	NFTables error
	// Overlay is nil when an overlay file system could be mounted over the data directory.
	Overlay error
	// NetworkNamespace is nil when one could be made.
	NetworkNamespace error
	// Runtimes maps the OCI runtimes that are on the PATH to their versions.
	Runtimes map[string]string
	// ForwardDrop names the chain of the host's own firewall that drops forwarded
	// packets by policy, "" for none.
	ForwardDrop string
	// PublicCIDR is the pool of public addresses that tasks get.
	PublicCIDR netip.Prefix
	FreeBytes  uint64
	OpenFiles  uint64
}

const minFree = 2 << 30

// Diagnose says what a machine has and lacks, the gravest advice with the
// Debian package that brings it.
func Diagnose(h Host) []Finding {
	return []Finding{
		check("linux", h.OS == "linux", h.OS, "Kaimon runs on Linux only."),
		check("root", h.Root, yes(h.Root), "Run as root: namespaces, mounts and nftables need it (sudo kaimon …)."),
		cgroups(h),
		h.tried("nftables", h.NFTables, "Load the kernel module nf_tables (modprobe nf_tables); to look at the rules: apt-get install nftables."),
		h.tried("overlayfs", h.Overlay, "Load the kernel module overlay (modprobe overlay), and keep the data directory on ext4, xfs or btrfs."),
		h.tried("network namespaces", h.NetworkNamespace, "The kernel must have CONFIG_NET_NS, and this process CAP_SYS_ADMIN."),
		ociRuntime(h),
		firewall(h),
		disk(h),
		openFiles(h),
	}
}

// Healthy says whether nothing is missing.
func Healthy(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.Verdict == Missing })
}

func check(name string, ok bool, found, advice string) Finding {
	if ok {
		return Finding{Name: name, Verdict: OK, Found: found}
	}
	return Finding{Name: name, Verdict: Missing, Found: found, Advice: advice}
}

// tried is the finding of something that was tried out.
func (h Host) tried(name string, err error, advice string) Finding {
	switch {
	case err == nil:
		return Finding{Name: name, Verdict: OK, Found: "works"}
	case !h.Root && errors.Is(err, fs.ErrPermission):
		return Finding{Name: name, Verdict: Warn, Found: "can't be tried without root", Advice: "Run the doctor as root."}
	}
	return Finding{Name: name, Verdict: Missing, Found: err.Error(), Advice: advice}
}

func cgroups(h Host) Finding {
	f := Finding{Name: "cgroups", Verdict: Missing, Found: fmt.Sprintf("version %d", h.CgroupVersion)}
	if h.CgroupVersion == 0 {
		f.Found = "not mounted"
		f.Advice = "Mount cgroup2 on /sys/fs/cgroup (systemd does)."
		return f
	}
	for _, c := range []string{"cpu", "memory", "pids"} {
		if !slices.Contains(h.Controllers, c) {
			f.Advice = fmt.Sprintf("The controller %q is not available: enable it on the kernel's command line (cgroup_enable=%s).", c, c)
			return f
		}
	}
	f.Verdict = OK
	return f
}

func ociRuntime(h Host) Finding {
	f := Finding{Name: "OCI runtime", Verdict: OK}
	switch {
	case h.Runtimes["crun"] != "":
		f.Found = "crun " + h.Runtimes["crun"]
	case h.Runtimes["runc"] != "":
		f.Found = "runc " + h.Runtimes["runc"] + "; with crun (apt-get install crun) tasks start faster"
	default:
		f.Verdict, f.Found = Missing, "neither crun nor runc"
		f.Advice = "apt-get install runc (or crun, which starts tasks faster)"
	}
	return f
}

func firewall(h Host) Finding {
	if h.ForwardDrop == "" {
		return Finding{Name: "host firewall", Verdict: OK, Found: "lets forwarded packets pass"}
	}
	return Finding{Name: "host firewall", Verdict: Warn, Found: h.ForwardDrop + " drops what is forwarded",
		Advice: fmt.Sprintf("Tasks won't reach beyond this machine: let the public pool pass there (iptables -I FORWARD -s %[1]s -j ACCEPT; iptables -I FORWARD -d %[1]s -j ACCEPT).", h.PublicCIDR)}
}

func disk(h Host) Finding {
	f := Finding{Name: "disk", Verdict: OK, Found: fmt.Sprintf("%.1f GiB free", float64(h.FreeBytes)/(1<<30))}
	if h.FreeBytes < minFree {
		f.Verdict, f.Advice = Warn, "Images and logs want at least 2 GiB under the data directory."
	}
	return f
}

func openFiles(h Host) Finding {
	f := Finding{Name: "open files", Verdict: OK, Found: fmt.Sprintf("%d", h.OpenFiles)}
	if h.OpenFiles < 4096 {
		f.Verdict, f.Advice = Warn, "Raise the limit for many tasks: ulimit -n 65536."
	}
	return f
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
