// Package testenv gives tests a host of their own: fresh network, mount, PID and
// IPC namespaces in which links, nftables, mounts and daemons may be made freely
// and all of which vanish at the end, whatever happened to the test. Nothing of
// it touches the machine's own network.
//
// A package whose tests work in-process moves its whole test binary inside:
//
//	func TestMain(m *testing.M) { testenv.InHost(m) }
//
//	func TestLinks(t *testing.T) {
//		testenv.NeedRoot(t)
//		…
//	}
//
// A test that drives a program starts it in a host:
//
//	h := testenv.Host(t)
//	cmd := h.Command("kaimon", "server", "--data-dir", t.TempDir())
//	err := cmd.Start()
//	…
//	err = h.Signal(cmd, syscall.SIGTERM)
//
// Inside, lo is up, /proc and /sys belong to the new namespaces, /run is empty,
// the cgroup mounts are those of the machine, and the rest of the file system is
// shared (mounts made inside stay inside). The tools are util-linux's unshare
// and nsenter, and iproute2's ip.
package testenv
