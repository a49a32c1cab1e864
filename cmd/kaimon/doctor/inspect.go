package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

// Inspect finds out about this machine. dataDir is where the server would keep
// its state, public its pool of public addresses. Everything that it makes to
// find out, it removes.
func Inspect(ctx context.Context, dataDir string, public netip.Prefix) Host {
	h := Host{OS: runtime.GOOS, Root: os.Geteuid() == 0, Runtimes: map[string]string{}, PublicCIDR: public}
	h.CgroupVersion, h.Controllers = inspectCgroups("/sys/fs/cgroup")
	h.NFTables = tryNFTables()
	h.Overlay = tryOverlay(existing(dataDir))
	h.NetworkNamespace = tryNamespace()
	for _, name := range []string{"crun", "runc"} {
		if v := runtimeVersion(ctx, name); v != "" {
			h.Runtimes[name] = v
		}
	}
	h.ForwardDrop = forwardDrops()
	var fs unix.Statfs_t
	if unix.Statfs(existing(dataDir), &fs) == nil {
		h.FreeBytes = fs.Bavail * uint64(fs.Bsize)
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		h.OpenFiles = limit.Max
	}
	return h
}

// existing returns the nearest folder of a path that exists.
func existing(path string) string {
	for ; path != "/" && path != "."; path = filepath.Dir(path) {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return "/"
}

func inspectCgroups(root string) (version int, controllers []string) {
	if text, err := os.ReadFile(filepath.Join(root, "cgroup.controllers")); err == nil {
		return 2, strings.Fields(string(text))
	}
	for _, c := range []string{"cpu", "memory", "pids"} {
		if _, err := os.Stat(filepath.Join(root, c, "cgroup.procs")); err == nil {
			controllers = append(controllers, c)
		}
	}
	if len(controllers) == 0 {
		return 0, nil
	}
	return 1, controllers
}

func tryNFTables() error {
	c, err := nftables.New()
	if err != nil {
		return err
	}
	t := c.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: fmt.Sprintf("kaimon-doctor-%d", os.Getpid())})
	if err := c.Flush(); err != nil {
		return err
	}
	c.DelTable(t)
	return c.Flush()
}

func tryOverlay(dir string) error {
	base, err := os.MkdirTemp(dir, ".kaimon-doctor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(base)
	for _, d := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(base, d), 0o700); err != nil {
			return err
		}
	}
	at := filepath.Join(base, "merged")
	options := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", base)
	if err := unix.Mount("overlay", at, "overlay", 0, options); err != nil {
		return fmt.Errorf("mount overlay: %w", err)
	}
	return unix.Unmount(at, 0)
}

// tryNamespace makes a network namespace on a thread of its own, which ends with it.
func tryNamespace() error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread must not be used again
		result <- unix.Unshare(unix.CLONE_NEWNET)
	}()
	return <-result
}

func runtimeVersion(ctx context.Context, name string) string {
	out, err := exec.CommandContext(ctx, name, "--version").Output()
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimPrefix(strings.TrimPrefix(first, name+" "), "version ")
}

// forwardDrops names a base chain on the forward hook that has policy drop. None
// of ours is on the host.
func forwardDrops() string {
	c, err := nftables.New()
	if err != nil {
		return ""
	}
	chains, err := c.ListChains()
	if err != nil {
		return ""
	}
	for _, ch := range chains {
		if ch.Hooknum != nil && *ch.Hooknum == *nftables.ChainHookForward &&
			(ch.Table.Family == nftables.TableFamilyIPv4 || ch.Table.Family == nftables.TableFamilyINet) &&
			ch.Policy != nil && *ch.Policy == nftables.ChainPolicyDrop {
			return fmt.Sprintf("chain %s of table %s", ch.Name, ch.Table.Name)
		}
	}
	return ""
}
