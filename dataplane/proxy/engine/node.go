package engine

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/vpc"
)

// nodeKey identifies a node across configurations. A namespace that was made
// again at the same path is another.
type nodeKey struct {
	netns   string
	inode   uint64
	address netip.Addr
}

func keyOf(n proxy.Node) nodeKey {
	k := nodeKey{netns: n.NetNS, address: n.Address}
	var st unix.Stat_t
	if n.NetNS != "" && unix.Stat(n.NetNS, &st) == nil {
		k.inode = st.Ino
	}
	return k
}

// node is a load balancer's place in the network. Its connections to targets
// are pooled here, because they leave from its address.
type node struct {
	key   nodeKey
	zone  string
	netns *vpc.NetNS // nil for the proxy's own namespace
	users int        // load balancers; under Engine.mu

	mu    sync.Mutex
	pools map[*target]*pool
}

func openNode(n proxy.Node) (*node, error) {
	out := &node{key: keyOf(n), zone: n.Zone, pools: map[*target]*pool{}}
	if n.NetNS != "" {
		ns, err := vpc.OpenNetNS(n.NetNS)
		if err != nil {
			return nil, err
		}
		out.netns = ns
	}
	return out, nil
}

func (n *node) listen(port uint16) (net.Listener, error) {
	addr := netip.AddrPortFrom(n.key.address, port)
	if n.netns != nil {
		return n.netns.Listen(addr)
	}
	l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}

// listenPacket listens for datagrams.
func (n *node) listenPacket(port uint16) (*net.UDPConn, error) {
	addr := netip.AddrPortFrom(n.key.address, port)
	if n.netns != nil {
		return n.netns.ListenPacket(addr)
	}
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return c, nil
}

// dialPacket makes a socket for the datagrams of one flow.
func (n *node) dialPacket(addr netip.AddrPort) (c *net.UDPConn, err error) {
	dial := func() error {
		c, err = net.DialUDP("udp4", &net.UDPAddr{IP: n.key.address.AsSlice()}, net.UDPAddrFromAddrPort(addr))
		return err
	}
	if n.netns != nil {
		return c, n.netns.Do(dial)
	}
	return c, dial()
}

// dial connects to a target from inside the namespace. Targets are addresses,
// never names: a resolver's socket would be made in another namespace.
func (n *node) dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	if n.netns != nil {
		return n.netns.DialTCP(ctx, addr)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp4", addr.String())
}

// pool returns the connections to a target.
func (n *node) pool(t *target) *pool {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pools[t]
	if p == nil {
		p = &pool{node: n, target: t, open: map[*upstream]bool{}}
		n.pools[t] = p
		t.join(p)
	}
	return p
}

// sweep closes connections that have been idle for too long.
func (n *node) sweep(now, idle time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.pools {
		p.sweep(now, idle)
	}
}

// drop has connections to a pool's target pooled anew.
func (n *node) drop(p *pool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pools[p.target] == p {
		delete(n.pools, p.target)
	}
	p.target.part(p)
}

// close gives the node up.
func (n *node) close() {
	n.mu.Lock()
	pools := n.pools
	n.pools = map[*target]*pool{}
	n.mu.Unlock()
	for t, p := range pools {
		p.retire()
		t.part(p)
	}
	if n.netns != nil {
		n.netns.Close()
	}
}
