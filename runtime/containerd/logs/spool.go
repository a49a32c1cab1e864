package logs

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// pipeSize is how much a container may write ahead while nobody reads.
	pipeSize = 1 << 20
	// punchAt is how much of a spool is freed at once, in bytes.
	punchAt = 1 << 20
	block   = 4096
)

// spool is a file that a pipe is emptied into. The kernel moves the bytes: those
// in the file are exactly those that have left the pipe, however the process
// ends, so that what was taken from the file is known by its position alone.
// What has been taken is freed; positions stay.
type spool struct {
	file          *os.File
	punched, size int64
}

// openSpool opens a spool of which the bytes before taken are done with. A file
// that is shorter, after the machine went down, is extended.
func openSpool(path string, taken int64) (*spool, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() < taken {
		err = f.Truncate(taken)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &spool{file: f, size: max(st.Size(), taken)}, nil
}

// fill moves what a pipe holds to the end of the spool; it waits for something,
// returns io.EOF once nobody has the pipe open for writing, os.ErrClosed once it
// was closed here.
func (s *spool) fill(pipe *os.File, limit int) (int, error) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, os.ErrClosed
	}
	n, at := int64(0), s.size
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		for {
			n, failed = unix.Splice(int(fd), nil, int(s.file.Fd()), &at, limit, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
			if !errors.Is(failed, unix.EINTR) {
				return !errors.Is(failed, unix.EAGAIN)
			}
		}
	})
	switch {
	case err != nil: // closed meanwhile, for which package poll has an error of its own
		return 0, os.ErrClosed
	case failed != nil:
		return 0, fmt.Errorf("empty pipe into spool: %w", failed)
	case n == 0:
		return 0, io.EOF
	}
	return int(n), nil
}

// free gives back the disk space of what was taken.
func (s *spool) free(taken int64) error {
	end := taken / block * block
	if end-s.punched < punchAt {
		return nil
	}
	err := unix.Fallocate(int(s.file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, s.punched, end-s.punched)
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	s.punched = end
	return nil
}
