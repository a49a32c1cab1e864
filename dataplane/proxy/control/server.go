package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// ErrRunning says that another proxy has the socket.
var ErrRunning = errors.New("a proxy is running already")

// Listen takes the socket at a path, which only its owner may connect to. The
// lock beside it is held as long as the process lives, so that a socket left by
// a dead one can be told from a living one's.
func Listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("proxy socket: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("proxy socket: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("proxy socket %s: %w", path, ErrRunning)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		lock.Close()
		return nil, fmt.Errorf("proxy socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("proxy socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		lock.Close()
		return nil, fmt.Errorf("proxy socket: %w", err)
	}
	return &locked{Listener: l, lock: lock}, nil
}

// locked is a listener with its lock.
type locked struct {
	net.Listener
	lock *os.File
}

// Close gives up the socket, then the lock.
func (l *locked) Close() error { return errors.Join(l.Listener.Close(), l.lock.Close()) }

// Serve lets clients drive the plane until ctx ends or one of them wants the
// proxy to end. Without a client, the plane goes on as configured.
func Serve(ctx context.Context, l net.Listener, plane proxy.Plane, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("proxy socket: %w", err)
		}
		clients.Go(func() {
			s := &serving{plane: plane, conn: c, out: json.NewEncoder(c), end: cancel}
			if err := s.run(ctx); err != nil && ctx.Err() == nil {
				log.Warn("control connection", "err", err)
			}
		})
	}
}

// serving is one client's connection.
type serving struct {
	plane proxy.Plane
	conn  net.Conn
	end   func()

	mu  sync.Mutex
	out *json.Encoder
}

func (s *serving) send(r reply) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Encode(r)
}

func (s *serving) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.conn.Close()
	context.AfterFunc(ctx, func() { s.conn.Close() })
	if err := s.send(reply{Hello: &hello{Version: protocolVersion, PID: os.Getpid()}}); err != nil {
		return err
	}
	go func() {
		for r := range s.plane.Reports(ctx) {
			if s.send(reply{Report: &r}) != nil {
				cancel()
			}
		}
	}()
	in := json.NewDecoder(s.conn)
	for {
		var r request
		if err := in.Decode(&r); err != nil {
			if errors.Is(err, net.ErrClosed) || err.Error() == "EOF" {
				return nil
			}
			return err
		}
		var err error
		switch {
		case r.Apply != nil:
			err = s.plane.Apply(ctx, *r.Apply)
		case r.Change != nil:
			err = s.plane.Change(ctx, *r.Change)
		case r.Ack != 0:
			err = s.plane.Acknowledge(ctx, r.Ack)
		}
		if err := s.send(answer(r.ID, err)); err != nil {
			return err
		}
		if r.Down {
			s.end()
			return nil
		}
	}
}
