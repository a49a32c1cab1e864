package engine

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// direct reads and writes a plain TCP connection as net.TCPConn does, but for
// one thing: the scheduler isn't told of the system calls. They never block,
// telling costs more than parsing a request, and a scheduler that sees calls
// all the time has its monitor look after them fifty thousand times a second.
type direct struct {
	*net.TCPConn
	raw syscall.RawConn

	in, out         stretch // of Read alone, and of Write alone
	onRead, onWrite func(fd uintptr) bool
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
	d.onRead, d.onWrite = d.read, d.write
	return d
}

// Read implements net.Conn.
func (d *direct) Read(p []byte) (int, error) {
	d.in = stretch{p: p}
	if err := d.raw.Read(d.onRead); err != nil {
		return 0, err
	}
	return d.in.n, d.in.err
}

// read is called until it returns true, whenever there may be something to read.
func (d *direct) read(fd uintptr) bool {
	n, err := move(unix.SYS_READ, fd, d.in.p)
	switch {
	case err == unix.EAGAIN:
		return false
	case err != 0:
		d.in.err = os.NewSyscallError("read", err)
	case n == 0 && len(d.in.p) > 0:
		d.in.err = io.EOF
	default:
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

// write is called until it returns true, whenever there may be room.
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

// move reads into p or writes it.
func move(call, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, err := unix.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if err != unix.EINTR {
			return int(n), err
		}
	}
}
