package vpc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"github.com/ti-mo/conntrack"
)

// Count is how many packets, and bytes of IP packets.
type Count struct{ Packets, Bytes uint64 }

// NATCounts are what a NAT gateway has carried since it was last asked
// (VPC User Guide, "NAT gateway metrics and dimensions").
type NATCounts struct {
	Gateway string
	// The first two are of what clients send, the others of the answers.
	InFromSource, OutToDestination, InFromDestination, OutToSource Count
	// Attempts and Established count TCP connections.
	Attempts, Established uint64
	// PortErrors counts packets that found no free port, and were dropped.
	PortErrors uint64
	// Active is how many TCP connections there are now.
	Active int
}

// natCount returns the gateway and the counter that a counter's name names.
func natCount(name string) (gateway, what string, ok bool) {
	rest, ok := strings.CutPrefix(name, natPrefix)
	for _, what := range natCounters {
		if gateway, found := strings.CutSuffix(rest, "_"+what); ok && found {
			return gateway, what, true
		}
	}
	return "", "", false
}

// add adds what one of the gateway's counters says.
func (n *NATCounts) add(what string, c Count) {
	both := map[string]*Count{
		NATInFromSource: &n.InFromSource, NATOutToDestination: &n.OutToDestination,
		NATInFromDestination: &n.InFromDestination, NATOutToSource: &n.OutToSource,
	}
	packets := map[string]*uint64{NATAttempts: &n.Attempts, NATEstablished: &n.Established, NATPortErrors: &n.PortErrors}
	if to, ok := both[what]; ok {
		to.Packets += c.Packets
		to.Bytes += c.Bytes
	}
	if to, ok := packets[what]; ok {
		*to += c.Packets
	}
}

// NATCounts implements Plane. The kernel's counters begin anew with each call,
// so that a process that follows tells nothing twice.
func (k *Kernel) NATCounts(_ context.Context, network string) ([]NATCounts, error) {
	k.mu.Lock()
	r := k.routers[network]
	k.mu.Unlock()
	if r == nil {
		return nil, nil
	}
	counts, err := r.natCounts()
	if err != nil {
		return nil, fmt.Errorf("NAT gateways of %s: %w", network, err)
	}
	return counts, nil
}

// natCounts takes what has been counted, also of gateways that are gone.
func (r *router) natCounts() ([]NATCounts, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.network.NATGateways) > 0 {
		if err := r.keepCounts(); err != nil {
			return nil, err
		}
	}
	active, err := r.activeConnections()
	if err != nil {
		return nil, err
	}
	var out []NATCounts
	for _, c := range r.kept {
		out = append(out, *c)
	}
	for n := range out {
		out[n].Active = active[out[n].Gateway]
	}
	r.kept = nil
	return out, nil
}

// keepCounts moves what the kernel has counted over to us; mu is held.
func (r *router) keepCounts() error {
	conn, err := nftConn(r.ns)
	if err != nil {
		return err
	}
	defer conn.CloseLasting()
	objects, err := conn.ResetObjects(vpcTable)
	if err != nil {
		return fmt.Errorf("read counters: %w", err)
	}
	for _, o := range objects {
		c, ok := o.(*nftables.CounterObj)
		if !ok {
			continue
		}
		gateway, what, ok := natCount(c.Name)
		if !ok {
			continue
		}
		if r.kept == nil {
			r.kept = map[string]*NATCounts{}
		}
		if r.kept[gateway] == nil {
			r.kept[gateway] = &NATCounts{Gateway: gateway}
		}
		r.kept[gateway].add(what, Count{c.Packets, c.Bytes})
	}
	return nil
}

// activeConnections counts the TCP connections through each gateway; mu is held.
func (r *router) activeConnections() (_ map[string]int, err error) {
	byAddr := map[netip.Addr]string{}
	for _, g := range r.network.NATGateways {
		byAddr[g.Address] = g.ID
	}
	active := map[string]int{}
	if len(byAddr) == 0 {
		return active, nil
	}
	conn, err := conntrack.Dial(&netlink.Config{NetNS: r.ns.fd()})
	if err != nil {
		return nil, fmt.Errorf("conntrack: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	list, err := conn.Dump(nil)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	for _, f := range list {
		id := byAddr[markAddr(f.Mark)]
		if id != "" && f.ProtoInfo.TCP != nil && isActive(f.ProtoInfo.TCP.State) {
			active[id]++
		}
	}
	return active, nil
}

// isActive says that a TCP connection is between its opening and its end: the
// kernel's states from SYN_SENT to LAST_ACK (nf_conntrack_tcp.h).
func isActive(state uint8) bool { return state >= 1 && state <= 6 }
