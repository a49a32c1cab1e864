package vpc

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/mdlayher/netlink"
	"github.com/ti-mo/conntrack"
	"golang.org/x/sys/unix"
)

// tracker ends the tracked connections of addresses in one namespace; nil means
// the process's own. The kernel can only list connections by walking through
// all of every namespace's, so requests that come while it walks share the next
// walk.
type tracker struct {
	ns *NetNS

	walk sync.Mutex // held by who walks
	mu   sync.Mutex
	next *batch // what the next walk is for, nil for nothing yet
}

// batch is what one walk is for, and its outcome.
type batch struct {
	addrs []netip.Addr
	done  bool // guarded by walk, as is err
	err   error
}

// forget deletes every tracked connection of the addresses: an entry would
// outlive its interface and let old peers through to the next one that has the
// address.
func (t *tracker) forget(addrs ...netip.Addr) error {
	t.mu.Lock()
	if t.next == nil {
		t.next = &batch{}
	}
	b := t.next
	b.addrs = append(b.addrs, addrs...)
	t.mu.Unlock()

	t.walk.Lock()
	defer t.walk.Unlock()
	if b.done {
		return b.err
	}
	t.mu.Lock()
	t.next = nil
	t.mu.Unlock()
	b.err, b.done = t.delete(b.addrs), true
	return b.err
}

func (t *tracker) delete(addrs []netip.Addr) error {
	var cfg netlink.Config
	if t.ns != nil {
		cfg.NetNS = t.ns.fd()
	}
	c, err := conntrack.Dial(&cfg)
	if err != nil {
		return fmt.Errorf("conntrack: %w", err)
	}
	defer c.Close()
	flows, err := c.Dump(nil)
	if err != nil {
		return fmt.Errorf("list connections: %w", err)
	}
	for _, f := range flows {
		ends := []netip.Addr{
			f.TupleOrig.IP.SourceAddress, f.TupleOrig.IP.DestinationAddress,
			f.TupleReply.IP.SourceAddress, f.TupleReply.IP.DestinationAddress,
		}
		if !slices.ContainsFunc(ends, func(a netip.Addr) bool { return slices.Contains(addrs, a) }) {
			continue
		}
		if err := c.Delete(f); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("delete connection: %w", err)
		}
	}
	return nil
}
