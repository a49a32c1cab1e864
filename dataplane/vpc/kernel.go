package vpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
)

// Options say where and for whom a Kernel works.
type Options struct {
	// InstanceID is the 8 hex digits that tell the servers on one host apart;
	// they are part of the names of links and tables on the host.
	InstanceID string
	// RunDir holds the mounts of network namespaces, below "netns".
	RunDir string
	// PublicCIDR is the range of public addresses. The host takes HostAddress.
	PublicCIDR netip.Prefix
	// Routed says that the world knows a way back to PublicCIDR: what leaves the
	// host keeps its public address. Otherwise it leaves in the host's name.
	Routed bool
	// Resolver answers DNS in networks that want it; nil for none.
	Resolver Resolver
	// Platform answers the AWS APIs on PlatformPorts of HostAddress, StorageAddress
	// and interface endpoints; nil for none.
	Platform      Platform
	PlatformPorts []uint16
	// Pool is how many network namespaces are kept ready; 0 means 16.
	Pool int
	// Log may be nil.
	Log *slog.Logger
}

// Resolver serves DNS in VPCs.
type Resolver interface {
	// Serve answers on port 53 of the addresses, which are inside the router's
	// namespace, until the answer is closed. named says whether an address is
	// an interface's that has a private name. It is called once for each network and process.
	Serve(n Network, router *NetNS, addrs []netip.Addr, named func(netip.Addr) bool) (io.Closer, error)
}

// Kernel is the Plane that works on the Linux kernel. What it makes outlives it:
// Close leaves everything running, Open finds it again, Down removes it.
type Kernel struct {
	opt  Options
	host *host
	pool *pool
	busy keyedLock  // of a network's or an interface's ID
	here *listeners // the platform's on the host

	mu      sync.Mutex
	routers map[string]*router   // by network
	owner   map[string]*router   // by interface
	offered map[string]io.Closer // the platform's listeners by interface
	applied chan struct{}        // closed and replaced by every ApplyNetwork
}

var _ Plane = (*Kernel)(nil)

// Open returns the Kernel of an instance, with everything that an earlier one
// has left. It changes nothing but the leftovers of a reboot.
func Open(ctx context.Context, opt Options) (*Kernel, error) {
	if err := checkID(opt.InstanceID); err != nil || len(opt.InstanceID) > 8 {
		return nil, fmt.Errorf("open vpc: instance id %q: want up to 8 letters and digits", opt.InstanceID)
	}
	if !opt.PublicCIDR.IsValid() || !opt.PublicCIDR.Addr().Is4() || opt.PublicCIDR.Bits() > 29 {
		return nil, fmt.Errorf("open vpc: public range %s: want IPv4, /29 or larger", opt.PublicCIDR)
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Pool == 0 {
		opt.Pool = 16
	}
	opt.PublicCIDR = opt.PublicCIDR.Masked()
	h, err := openHost(opt)
	if err != nil {
		return nil, fmt.Errorf("open vpc: %w", err)
	}
	k := &Kernel{
		opt: opt, host: h, pool: newPool(opt.Pool),
		routers: map[string]*router{}, owner: map[string]*router{}, offered: map[string]io.Closer{}, applied: make(chan struct{}),
	}
	if err := k.adopt(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open vpc: %w", err), k.Close())
	}
	k.here = k.offerHost()
	return k, nil
}

// adopt finds the routers and interfaces of an earlier process.
func (k *Kernel) adopt(ctx context.Context) error {
	ids, err := mounted(k.routerDir())
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := openRouter(id, k.routerPath(id))
		if err != nil {
			return fmt.Errorf("network %s: %w", id, err)
		}
		k.routers[id] = r
		for eni := range r.interfaces {
			k.owner[eni] = r
		}
		k.opt.Log.Debug("found network", "vpc", id, "interfaces", len(r.interfaces))
	}
	for _, dir := range []string{k.interfaceDir(), k.endpointDir()} {
		if _, err := mounted(dir); err != nil {
			return err
		}
	}
	return nil
}

// Close frees what the process holds and leaves everything in the kernel, apart
// from the resolvers and the platform's listeners, which are of this process.
func (k *Kernel) Close() error {
	k.pool.close()
	k.mu.Lock()
	defer k.mu.Unlock()
	var err error
	if k.here != nil {
		err = k.here.Close()
	}
	for id, c := range k.offered {
		err = errors.Join(err, c.Close())
		delete(k.offered, id)
	}
	for id, r := range k.routers {
		err = errors.Join(err, r.close())
		delete(k.routers, id)
	}
	clear(k.owner)
	return errors.Join(err, k.host.close())
}

// Router returns the namespace of a network's router, for sockets inside it.
// The Kernel owns it: don't close it.
func (k *Kernel) Router(network string) (*NetNS, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.routers[network]
	if r == nil {
		return nil, fmt.Errorf("router of %s: %w", network, ErrNotApplied)
	}
	return r.ns, nil
}

// Health says what is missing on the host though it had been made, nil for
// nothing; the next ApplyNetwork makes it again.
func (k *Kernel) Health() error {
	k.host.mu.Lock()
	defer k.host.mu.Unlock()
	if !k.host.ready {
		return nil // no network has a gateway yet
	}
	return k.host.check()
}

func (k *Kernel) netnsDir() string               { return filepath.Join(k.opt.RunDir, "netns") }
func (k *Kernel) routerDir() string              { return filepath.Join(k.netnsDir(), "router") }
func (k *Kernel) interfaceDir() string           { return filepath.Join(k.netnsDir(), "eni") }
func (k *Kernel) routerPath(id string) string    { return filepath.Join(k.routerDir(), id) }
func (k *Kernel) endpointDir() string            { return filepath.Join(k.netnsDir(), "endpoint") }
func (k *Kernel) endpointPath(id string) string  { return filepath.Join(k.endpointDir(), id) }
func (k *Kernel) interfacePath(id string) string { return filepath.Join(k.interfaceDir(), id) }

// mounted returns the names of the namespaces mounted in a directory, and
// removes the files of those that ended with a boot.
func mounted(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list network namespaces: %w", err)
	}
	var ids []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if isNetNS(path) {
			ids = append(ids, e.Name())
		} else if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove stale network namespace: %w", err)
		}
	}
	return ids, nil
}
