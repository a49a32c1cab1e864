package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Limit is the size of one of the two files that make up a log, in bytes.
const Limit = 1 << 20

// older is what the previous file of a log is called.
func older(path string) string { return path + ".1" }

// file appends to path; once Limit is reached the file becomes the older one.
type file struct {
	path string
	f    *os.File
	size int64
}

func openFile(path string) (*file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{path: path, f: f, size: st.Size()}, nil
}

// Write implements io.Writer. A write is never split over the two files.
func (l *file) Write(p []byte) (int, error) {
	if l.size > 0 && l.size+int64(len(p)) > Limit {
		if err := l.rotate(); err != nil {
			return 0, fmt.Errorf("rotate log: %w", err)
		}
	}
	n, err := l.f.Write(p)
	l.size += int64(n)
	return n, err
}

func (l *file) rotate() error {
	if err := os.Rename(l.path, older(l.path)); err != nil {
		return err
	}
	if err := l.f.Close(); err != nil {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	l.f, l.size = f, 0
	return nil
}

// Close implements io.Closer.
func (l *file) Close() error { return l.f.Close() }

// Open reads what a log holds now, oldest first. A log that was never written
// is empty.
func Open(path string) (io.ReadCloser, error) {
	var files []io.Reader
	var closers closers
	for _, p := range []string{older(path), path} {
		f, err := os.Open(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, errors.Join(err, closers.Close())
		}
		files, closers = append(files, f), append(closers, f)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(files...), closers}, nil
}

type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, x := range c {
		errs = append(errs, x.Close())
	}
	return errors.Join(errs...)
}
