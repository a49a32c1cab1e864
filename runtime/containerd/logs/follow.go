package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Follower copies from a named pipe.
type Follower struct {
	reader, holder *os.File // holder is a write end, so that reading waits instead of ending
	to             io.WriteCloser
	release        sync.Once
	done           chan struct{}
	err            error
}

// Keep follows a pipe into the log at path.
func Keep(pipe, path string) (*Follower, error) {
	log, err := openFile(path)
	if err != nil {
		return nil, err
	}
	return Follow(pipe, log)
}

// Follow makes the pipe if it isn't there and copies what is written to it until
// Finish, which closes to; so does an error.
func Follow(pipe string, to io.WriteCloser) (_ *Follower, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, to.Close())
		}
	}()
	reader, holder, err := openPipe(pipe)
	if err != nil {
		return nil, err
	}
	f := &Follower{reader: reader, holder: holder, to: to, done: make(chan struct{})}
	go f.copy()
	return f, nil
}

// openPipe opens both ends of a pipe, and makes it if it isn't there.
func openPipe(path string) (reader, holder *os.File, err error) {
	if err := unix.Mkfifo(path, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, fmt.Errorf("make pipe %s: %w", path, err)
	}
	// A reader that doesn't wait for a writer, then a writer that finds a reader (fifo(7)).
	if reader, err = os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0); err != nil {
		return nil, nil, err
	}
	if holder, err = os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0); err != nil {
		return nil, nil, errors.Join(err, reader.Close())
	}
	return reader, holder, nil
}

func (f *Follower) copy() {
	defer close(f.done)
	_, err := io.Copy(f.to, onlyReader{f.reader})
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if e := f.reader.Close(); !errors.Is(e, os.ErrClosed) {
		err = errors.Join(err, e)
	}
	f.err = errors.Join(err, f.to.Close())
}

// onlyReader hides everything but Read, so that io.Copy uses its own buffer.
type onlyReader struct{ io.Reader }

// Finish waits until every writer has closed the pipe and the rest has been
// copied, but no longer than grace; then it stops.
func (f *Follower) Finish(grace time.Duration) error {
	f.release.Do(func() { _ = f.holder.Close() })
	select {
	case <-f.done:
	case <-time.After(grace):
		// Closing ends a pending Read of a pipe.
		if err := f.reader.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			return err
		}
		<-f.done
	}
	return f.err
}
