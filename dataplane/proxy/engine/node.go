package engine

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

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
	}
	return p
}

// forget closes the connections to a target: the idle ones, or all.
func (n *node) forget(t *target, all bool) {
	n.mu.Lock()
	p := n.pools[t]
	if all {
		delete(n.pools, t)
	}
	n.mu.Unlock()
	if p != nil {
		p.close(all)
	}
}

// close gives the node up.
func (n *node) close() {
	n.mu.Lock()
	pools := n.pools
	n.pools = map[*target]*pool{}
	n.mu.Unlock()
	for _, p := range pools {
		p.retire()
	}
	if n.netns != nil {
		n.netns.Close()
	}
}
