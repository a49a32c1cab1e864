package vpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/florianl/go-nflog/v2"
	"github.com/mdlayher/netlink"
	"github.com/ti-mo/conntrack"
	"github.com/ti-mo/netfilter"
	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/clock"
)

// What the rules say of packets that they log before they drop them.
const (
	refusalGroup = 75 // nflog's, within the router's namespace
	refusalHead  = 96 // bytes: the headers of IPv4 with options and of TCP
)

// flowCollector listens to what the kernel tells of connections and refusals in
// a router's namespace.
type flowCollector struct {
	ns     *NetNS
	clock  clock.Clock
	events *netlink.Conn
	log    *nflog.Nflog
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	book *flowBook
	// labels are what was seen of connections, told those parts of it that
	// are in the book.
	labels map[uint32]seenLabel
	since  time.Time // the last collection
	deaf   bool      // a socket has failed for good: whatever is told from now on isn't all
}

type seenLabel struct{ label, told uint8 }

// startFlows has the kernel count connections and tell of them.
func startFlows(ns *NetNS) (_ *flowCollector, err error) {
	c := &flowCollector{
		ns: ns, clock: clock.System{}, book: newFlowBook(), labels: map[uint32]seenLabel{},
	}
	c.since = c.clock.Now()
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := setFlowRules(ns, true); err != nil {
		return nil, err
	}
	if c.events, err = netlink.Dial(unix.NETLINK_NETFILTER, &netlink.Config{NetNS: ns.fd()}); err != nil {
		return nil, fmt.Errorf("connection events: %w", err)
	}
	err = errors.Join(forceReadBuffer(c.events),
		c.events.JoinGroup(uint32(netfilter.GroupCTDestroy)), c.events.JoinGroup(uint32(netfilter.GroupCTUpdate)))
	if err != nil {
		return nil, fmt.Errorf("connection events: %w", err)
	}
	c.done.Add(1)
	go c.listen(ctx)
	return c, c.openLog(ctx)
}

// setFlowRules turns counting on or off in a router's namespace.
func setFlowRules(ns *NetNS, on bool) error {
	conn, err := nftConn(ns)
	if err != nil {
		return err
	}
	defer conn.CloseLasting()
	have, err := hasFlowTable(conn)
	if err != nil || have == on {
		return err
	}
	value := "0"
	if on {
		value = "1"
		stageFlowTable(conn)
	} else {
		conn.DelTable(flowTable)
	}
	err = ns.Do(func() error {
		return sysctls(
			[2]string{"netfilter/nf_conntrack_acct", value},
			[2]string{"netfilter/nf_conntrack_timestamp", value},
		)
	})
	return errors.Join(err, wrap("nftables", conn.Flush()))
}

// forceReadBuffer makes room for bursts, beyond what unprivileged sockets get.
func forceReadBuffer(c *netlink.Conn) error {
	rc, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = rc.Control(func(fd uintptr) {
		failure = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20)
	})
	return errors.Join(err, failure)
}

// openLog listens to the packets that the rules drop.
func (c *flowCollector) openLog(ctx context.Context) (err error) {
	c.log, err = nflog.Open(&nflog.Config{
		NetNS: c.ns.fd(), Group: refusalGroup, Copymode: nflog.CopyPacket, Bufsize: refusalHead, QThresh: 1,
	})
	if err != nil {
		return fmt.Errorf("packet log: %w", err)
	}
	if err := forceReadBuffer(c.log.Con); err != nil {
		return fmt.Errorf("packet log: %w", err)
	}
	err = c.log.RegisterWithErrorFunc(ctx, c.refused, func(err error) int {
		if ctx.Err() != nil {
			return 1
		}
		return c.failed(err)
	})
	return wrap("packet log", err)
}

// failed notes that something was lost; not zero when nothing more will come.
func (c *flowCollector) failed(err error) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.book.lost = true
	if errors.Is(err, unix.ENOBUFS) || errors.Is(err, os.ErrDeadlineExceeded) {
		return 0
	}
	c.deaf = true
	return 1
}

// refused takes a packet that the rules dropped.
func (c *flowCollector) refused(a nflog.Attribute) int {
	if a.Payload == nil || a.Prefix == nil {
		return 0
	}
	if r, ok := readRefusal(*a.Payload, *a.Prefix == string(egress)); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.book.refusal(r, c.clock.Now())
	}
	return 0
}

// listen takes what the kernel tells of connections.
func (c *flowCollector) listen(ctx context.Context) {
	defer c.done.Done()
	for {
		messages, err := c.events.Receive()
		if ctx.Err() != nil || err != nil && c.failed(err) != 0 {
			return
		}
		for _, m := range messages {
			var e conntrack.Event
			if err := e.Unmarshal(m); err != nil || e.Flow == nil {
				continue
			}
			c.event(e)
		}
	}
}

func (c *flowCollector) event(e conntrack.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.see(e.Flow)
	if e.Type == conntrack.EventDestroy {
		c.book.connection(c.connection(e.Flow), c.since, c.clock.Now())
		delete(c.labels, e.Flow.ID)
	}
}

// see notes a connection's label; the kernel tells it while the connection lives.
func (c *flowCollector) see(f *conntrack.Flow) {
	if len(f.Labels) > 0 && f.Labels[0] != 0 {
		l := c.labels[f.ID]
		l.label |= f.Labels[0]
		c.labels[f.ID] = l
	}
}

// connection turns what the kernel tells into what happened since it was last asked.
func (c *flowCollector) connection(f *conntrack.Flow) connection {
	l := c.labels[f.ID]
	out := connection{
		protocol: f.TupleOrig.Proto.Protocol, orig: tuple(f.TupleOrig), reply: tuple(f.TupleReply),
		sent:     traffic{packets: f.CountersOrig.Packets, bytes: f.CountersOrig.Bytes},
		answered: traffic{packets: f.CountersReply.Packets, bytes: f.CountersReply.Bytes},
		start:    f.Timestamp.Start, stop: f.Timestamp.Stop,
	}
	out.sent.flags, out.answered.flags = readLabel(l.label &^ l.told)
	if f.Mark != 0 {
		out.gateway = markAddr(f.Mark)
	}
	return out
}

func tuple(t conntrack.Tuple) ends {
	return ends{
		netip.AddrPortFrom(t.IP.SourceAddress, t.Proto.SourcePort),
		netip.AddrPortFrom(t.IP.DestinationAddress, t.Proto.DestinationPort),
	}
}

// own enters an interface.
func (c *flowCollector) own(i Interface) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.book.owners[i.Address] = flowOwner{i.ID, i.Subnet}
}

// collect returns what passed since it was last called. The interfaces are those
// of now; those of before are remembered until then.
func (c *flowCollector) collect(n Network, interfaces []Interface) (Flows, error) {
	owners := map[netip.Addr]flowOwner{}
	for _, i := range interfaces {
		owners[i.Address] = flowOwner{i.ID, i.Subnet}
	}
	for _, g := range n.NATGateways {
		owners[g.Address] = flowOwner{g.ID, g.Subnet}
	}
	silent := map[netip.Addr]bool{}
	for _, a := range planRoutes(n).local {
		silent[a] = true
	}
	c.mu.Lock()
	maps.Copy(c.book.owners, owners)
	c.book.silent = silent
	c.mu.Unlock()

	conn, err := conntrack.Dial(&netlink.Config{NetNS: c.ns.fd()})
	if err != nil {
		return Flows{}, fmt.Errorf("conntrack: %w", err)
	}
	defer conn.Close()
	if err := conn.SetReadBuffer(4 << 20); err != nil {
		return Flows{}, fmt.Errorf("conntrack: %w", err)
	}
	list, err := conn.Dump(&conntrack.DumpOptions{ZeroCounters: true})
	if err != nil {
		return Flows{}, fmt.Errorf("list connections: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	for i := range list {
		f := &list[i]
		c.see(f)
		c.book.connection(c.connection(f), c.since, now)
		if l, ok := c.labels[f.ID]; ok {
			c.labels[f.ID] = seenLabel{l.label, l.label}
		}
	}
	c.since, c.book.owners = now, owners
	flows := c.book.take()
	flows.Lost = flows.Lost || c.deaf
	return flows, nil
}

// close stops listening and leaves the kernel counting.
func (c *flowCollector) close() error {
	c.stop()
	var err error
	if c.log != nil {
		err = c.log.Close()
	}
	if c.events != nil {
		err = errors.Join(err, c.events.Close())
	}
	c.done.Wait()
	return err
}
