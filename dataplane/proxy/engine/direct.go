package engine

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// direct reads and writes a plain TCP connection. It does what net.TCPConn does,
// but can also send a request and wait for the answer in one go: net's Read asks
// the kernel first and waits then, which right after a question is a system call
// in vain.
type direct struct {
	*net.TCPConn
	raw syscall.RawConn

	in  stretch // of Read alone
	out stretch // of Write alone
	ask []byte  // what is sent before the next Read

	onRead, onWrite, onAsk func(fd uintptr) bool // made once
}

// stretch is what one call moves.
type stretch struct {
	p   []byte
	n   int
	err error
}

// newDirect returns nil for what isn't a TCP connection.
func newDirect(c net.Conn) *direct {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{TCPConn: t, raw: raw}
	d.onRead, d.onWrite, d.onAsk = d.read, d.write, d.question
	return d
}

// Read implements net.Conn, after it has sent what AskBefore was given. A
// failure to send is an *askError.
func (d *direct) Read(p []byte) (int, error) {
	d.in = stretch{p: p}
	var err error
	if d.ask != nil {
		if err = d.send(); err != nil {
			return 0, &askError{err}
		}
	} else {
		err = d.raw.Read(d.onRead)
	}
	if err != nil {
		return 0, err
	}
	return d.in.n, d.in.err
}

// askBefore has p sent by the next Read.
func (d *direct) askBefore(p []byte) { d.ask = p }

// askError is a failure to send what should be asked.
type askError struct{ err error }

// Error implements error.
func (e *askError) Error() string { return "ask: " + e.err.Error() }

// Unwrap returns the connection's error.
func (e *askError) Unwrap() error { return e.err }

// send sends the question and reads the answer. What the kernel doesn't take at
// once goes the usual way.
func (d *direct) send() error {
	d.out = stretch{p: d.ask}
	err := d.raw.Read(d.onAsk)
	rest := d.ask[d.out.n:]
	d.ask = nil
	switch {
	case d.out.err != nil:
		return d.out.err
	case err != nil && len(rest) == 0: // the answer's failure
		d.in.err = err
		return nil
	case err != nil:
		return err
	case len(rest) > 0:
		if _, err := d.Write(rest); err != nil {
			return err
		}
		d.in.err = d.raw.Read(d.onRead)
	}
	return nil
}

// question is called once before the answer is waited for, and whenever there
// may be one. Waiting is prepared already, so that an answer can't be missed.
func (d *direct) question(fd uintptr) bool {
	if d.out.n < len(d.out.p) {
		d.write(fd)
		return d.out.err != nil || d.out.n < len(d.out.p)
	}
	return d.read(fd)
}

func (d *direct) read(fd uintptr) bool {
	n, err := move(unix.SYS_READ, fd, d.in.p)
	switch {
	case err == unix.EAGAIN:
		return false
	case err != 0:
		d.in.err = os.NewSyscallError("read", err)
	case n == 0 && len(d.in.p) > 0:
		d.in.err = io.EOF
	}
	if err == 0 {
		d.in.n = n
	}
	return true
}

// Write implements net.Conn.
func (d *direct) Write(p []byte) (int, error) {
	d.out = stretch{p: p}
	if err := d.raw.Write(d.onWrite); err != nil {
		return d.out.n, err
	}
	return d.out.n, d.out.err
}

// write sends as much as the kernel takes.
func (d *direct) write(fd uintptr) bool {
	for d.out.n < len(d.out.p) {
		n, err := move(unix.SYS_WRITE, fd, d.out.p[d.out.n:])
		if err == unix.EAGAIN {
			return false
		}
		if err != 0 {
			d.out.err = os.NewSyscallError("write", err)
			return true
		}
		d.out.n += n
	}
	return true
}

// move reads into p or writes it. The socket never blocks, so that the scheduler
// needn't know of the call: telling it costs more than parsing a request.
func move(call, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, err := unix.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if err != unix.EINTR {
			return int(n), err
		}
	}
}
