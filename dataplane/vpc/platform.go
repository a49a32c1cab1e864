package vpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Platform answers the AWS APIs to what reaches it from VPCs.
type Platform interface {
	// Serve answers on a listener until that is closed.
	Serve(l net.Listener) error
}

// listeners are the platform's at one place.
type listeners struct {
	open    []net.Listener
	serving sync.WaitGroup
}

// Close stops listening, where the platform hasn't by itself.
func (l *listeners) Close() error {
	var err error
	for _, x := range l.open {
		err = errors.Join(err, ignore(x.Close(), net.ErrClosed))
	}
	l.serving.Wait()
	return err
}

// offer has the platform answer at the addresses, on all its ports; listen opens
// a socket where they are. It stops at the first that fails.
func (k *Kernel) offer(listen func(netip.AddrPort) (net.Listener, error), addrs ...netip.Addr) (io.Closer, error) {
	ls := &listeners{}
	for _, a := range addrs {
		for _, port := range k.opt.PlatformPorts {
			l, err := listen(netip.AddrPortFrom(a, port))
			if err != nil {
				return nil, errors.Join(fmt.Errorf("platform at %s: %w", netip.AddrPortFrom(a, port), err), ls.Close())
			}
			k.serve(ls, l)
		}
	}
	return ls, nil
}

func (k *Kernel) serve(ls *listeners, l net.Listener) {
	ls.open = append(ls.open, l)
	ls.serving.Go(func() {
		if err := k.opt.Platform.Serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
			k.opt.Log.Error("the platform stopped answering", "address", l.Addr(), "error", err)
		}
	})
}

// offerHost has the platform answer on the host, to what comes through internet
// gateways. A port that the host uses otherwise is left out.
func (k *Kernel) offerHost() *listeners {
	ls := &listeners{}
	if k.opt.Platform == nil {
		return ls
	}
	for _, a := range []netip.Addr{HostAddress(k.opt.PublicCIDR), StorageAddress(k.opt.PublicCIDR)} {
		for _, port := range k.opt.PlatformPorts {
			l, err := listenAhead(netip.AddrPortFrom(a, port))
			if err != nil {
				k.opt.Log.Warn("the platform doesn't answer tasks there", "address", a, "port", port, "error", err)
				continue
			}
			k.serve(ls, l)
		}
	}
	return ls
}

// listenAhead listens on an address that the host may get later: with the first
// gateway.
func listenAhead(addr netip.AddrPort) (net.Listener, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_FREEBIND, 1)
		}), err)
	}}
	return lc.Listen(context.Background(), "tcp4", addr.String())
}

// offerInterface has the platform answer at an interface endpoint, or no longer.
func (k *Kernel) offerInterface(i Interface) error {
	k.mu.Lock()
	have := k.offered[i.ID]
	k.mu.Unlock()
	switch {
	case i.Platform && have == nil && k.opt.Platform != nil:
		ns, err := OpenNetNS(k.interfacePath(i.ID))
		if err != nil {
			return err
		}
		defer ns.Close()
		c, err := k.offer(ns.Listen, i.Address)
		if err != nil {
			return err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.offered[i.ID] = c
	case !i.Platform && have != nil:
		k.mu.Lock()
		delete(k.offered, i.ID)
		k.mu.Unlock()
		return have.Close()
	}
	return nil
}

// applyPlatform has the platform answer at all interface endpoints of a network
// that are attached, and at its gateway endpoints.
func (k *Kernel) applyPlatform(r *router) error {
	r.mu.Lock()
	var all []Interface
	for i := range r.all() {
		if i.Platform && isNetNS(k.interfacePath(i.ID)) {
			all = append(all, i)
		}
	}
	r.mu.Unlock()
	for _, i := range all {
		if err := k.offerInterface(i); err != nil {
			return err
		}
	}
	return nil
}

// PlatformAddresses returns where a network's clients reach the platform's API
// instead of HostAddress; none for nowhere else.
func (k *Kernel) PlatformAddresses(network string) []netip.Addr {
	k.mu.Lock()
	r := k.routers[network]
	k.mu.Unlock()
	if r == nil {
		return nil
	}
	n, _ := r.current()
	return n.PlatformAddresses
}
