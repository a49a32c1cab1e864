package vpc

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mdlayher/netlink"
	"github.com/ti-mo/conntrack"
	"golang.org/x/sys/unix"
)

// forget deletes every tracked connection of the addresses in a namespace (nil
// is the process's own): an entry would outlive its interface and let old peers
// through to the next one that has the address.
func forget(ns *NetNS, addrs ...netip.Addr) error {
	var cfg netlink.Config
	if ns != nil {
		cfg.NetNS = ns.fd()
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
