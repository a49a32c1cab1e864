package vpc

import (
	"context"
	"sync"
)

// pool keeps network namespaces for tasks ready. They have no mount yet, so
// those that are unused vanish with the process.
type pool struct {
	ready chan *NetNS
	start sync.Once
	stop  context.CancelFunc
	done  chan struct{}
}

func newPool(size int) *pool {
	return &pool{ready: make(chan *NetNS, size)}
}

// run fills the pool in the background from now on.
func (p *pool) run() {
	p.start.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		p.stop, p.done = cancel, make(chan struct{})
		go p.fill(ctx)
	})
}

func (p *pool) fill(ctx context.Context) {
	defer close(p.done)
	for {
		ns, err := newTaskNS()
		if err != nil {
			return // get makes its own, and reports what is wrong
		}
		select {
		case p.ready <- ns:
		case <-ctx.Done():
			ns.Close()
			return
		}
	}
}

// get returns a namespace, ready or new.
func (p *pool) get() (*NetNS, error) {
	select {
	case ns := <-p.ready:
		return ns, nil
	default:
		return newTaskNS()
	}
}

// close stops filling and drops what is ready.
func (p *pool) close() {
	p.start.Do(func() {}) // from now on run does nothing
	if p.stop != nil {
		p.stop()
		<-p.done
	}
	for {
		select {
		case ns := <-p.ready:
			ns.Close()
		default:
			return
		}
	}
}

// newTaskNS makes the namespace of a task: lo is up, and IPv6 is on lo alone.
func newTaskNS() (*NetNS, error) {
	return newNetNS(func() error {
		if err := upLoopback(); err != nil {
			return err
		}
		return sysctls(
			[2]string{"ipv6/conf/default/disable_ipv6", "1"},
			[2]string{"ipv4/conf/all/accept_redirects", "0"},
			[2]string{"ipv4/conf/default/accept_redirects", "0"},
		)
	})
}
