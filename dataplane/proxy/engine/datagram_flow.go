package engine

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/dataplane/proxy/measure"
	"kaimon.dev/kaimon/internal/clock"
)

// datagramFlow is what one client and one target say to each other.
type datagramFlow struct {
	port     *datagrams
	client   netip.AddrPort
	conn     *net.UDPConn // to the target, from the node's address
	target   *target
	counters [2]*measure.Counter // the load balancer's and the group's
	header   []byte              // of the PROXY protocol, before every datagram

	last    atomic.Int64 // monotonic: when a datagram went either way
	refused atomic.Bool  // the target has no such port
	over    atomic.Bool
}

// broken says that the flow needs another target.
func (f *datagramFlow) broken() bool {
	return f.over.Load() || f.refused.Load() || f.target.over.Load()
}

// end gives the flow up; it may be called again.
func (f *datagramFlow) end() {
	if f.over.Swap(true) {
		return
	}
	f.conn.Close()
	f.target.End()
	for _, c := range f.counters {
		c.FlowEnds(measure.UDP)
	}
}

// send sends a datagram to the target, and says whether the target takes any.
func (f *datagramFlow) send(p []byte) bool {
	whole := p
	if f.header != nil {
		whole = slices.Concat(f.header, p)
	}
	if _, err := f.conn.Write(whole); err != nil {
		f.fail(err)
		return !f.refused.Load() // what else fails is lost, as datagrams are
	}
	f.moved(len(p))
	return true
}

// fail notes that the target refuses datagrams: ICMP has said so.
func (f *datagramFlow) fail(err error) {
	if errors.Is(err, unix.ECONNREFUSED) {
		f.refused.Store(true)
	}
}

func (f *datagramFlow) moved(n int) {
	f.last.Store(int64(clock.Monotonic()))
	for _, c := range f.counters {
		c.FlowBytes(measure.UDP, int64(n))
		c.Packet()
	}
}

// buffers hold datagrams that have come, not those that are waited for.
var buffers = sync.Pool{New: func() any { return new([maxDatagram]byte) }}

// relay brings the target's datagrams to the client until the flow ends.
func (f *datagramFlow) relay() {
	rc, err := f.conn.SyscallConn()
	if err != nil {
		return
	}
	for !f.over.Load() {
		var failure error
		err := rc.Read(func(fd uintptr) bool {
			buf := buffers.Get().(*[maxDatagram]byte)
			defer buffers.Put(buf)
			n, err := unix.Read(int(fd), buf[:])
			if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
				return false
			}
			if failure = err; err == nil {
				f.moved(n)
				// What can't be sent is lost, as datagrams are.
				_, _ = f.port.conn.WriteToUDPAddrPort(buf[:n], f.client)
			}
			return true
		})
		if err != nil {
			return // ended
		}
		if failure != nil {
			f.fail(failure)
		}
	}
}
