package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	startLimit = 10 * time.Second // for a new proxy to answer
	helloLimit = 5 * time.Second  // for a proxy to say who it is
)

// dial connects to the proxy, or to a new one.
func (c *Client) dial(ctx context.Context) (*link, *json.Decoder, error) {
	l, in, err := connect(ctx, c.options.Socket)
	if err == nil || len(c.options.Command) == 0 {
		return l, in, err
	}
	died, err := c.start()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if l, in, err = connect(ctx, c.options.Socket); err == nil {
			return l, in, nil
		}
		select {
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("start the proxy: %w", err)
		case end := <-died:
			return nil, nil, fmt.Errorf("start the proxy: it ended at once: %w", end)
		case <-time.After(pause):
		}
	}
}

// start starts a proxy in a session of its own, so that no signal to the
// server's reaches it. The channel gets its end.
func (c *Client) start() (<-chan error, error) {
	cmd := exec.Command(c.options.Command[0], c.options.Command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	if c.options.LogFile != "" {
		f, err := os.OpenFile(c.options.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("start the proxy: %w", err)
		}
		defer f.Close()
		cmd.Stdout, cmd.Stderr = f, f
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the proxy: %w", err)
	}
	died := make(chan error, 1)
	go func() { // also reaps it
		err := cmd.Wait()
		if err == nil {
			err = errors.New("exit status 0")
		}
		died <- err
	}()
	return died, nil
}

// connect connects to a proxy that is there.
func connect(ctx context.Context, socket string) (*link, *json.Decoder, error) {
	ctx, cancel := context.WithTimeout(ctx, helloLimit)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNoProxy, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	in := json.NewDecoder(conn)
	var r reply
	if err = in.Decode(&r); err == nil && r.Hello == nil {
		err = errors.New("it doesn't say hello")
	}
	if err == nil && r.Hello.Version != protocolVersion {
		err = fmt.Errorf("process %d speaks version %d, not %d: end it with `kaimon down`", r.Hello.PID, r.Hello.Version, protocolVersion)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("%w: %w", ErrNoProxy, err)
	}
	return &link{conn: conn, out: json.NewEncoder(conn), pid: r.Hello.PID}, in, nil
}

// Down ends the proxy behind a socket; none there is no error. It returns once
// the proxy has given up its socket.
func Down(ctx context.Context, socket string) error {
	l, in, err := connect(ctx, socket)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return nil
		}
		return err
	}
	defer l.conn.Close()
	stop := context.AfterFunc(ctx, func() { l.conn.Close() })
	defer stop()
	if err := l.out.Encode(request{ID: 1, Down: true}); err != nil {
		return fmt.Errorf("end the proxy: %w", err)
	}
	for { // until it closes the connection
		var r reply
		if in.Decode(&r) != nil {
			return ctx.Err()
		}
	}
}
