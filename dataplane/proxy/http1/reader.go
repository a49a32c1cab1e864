package http1

import (
	"bytes"
	"errors"
	"io"
)

// ErrHeadTooLarge says that a head exceeds its limit.
var ErrHeadTooLarge = errors.New("message head too large")

// bufferSize holds almost every head, and small messages as a whole.
const bufferSize = 8 << 10

// Reader buffers what comes from a connection. What it hands out stays valid
// until the next call.
type Reader struct {
	src   io.Reader
	buf   []byte
	r, w  int
	n     int64   // bytes that have come
	ahead Flusher // flushed before the source is waited for
}

// NewReader returns a reader of src.
func NewReader(src io.Reader) *Reader {
	return &Reader{src: src, buf: make([]byte, bufferSize)}
}

// Flusher sends what it holds back.
type Flusher interface{ Flush() error }

// FlushBefore lets w be flushed whenever the reader has to wait for its source,
// so that what was relayed isn't held back; nil for none.
func (b *Reader) FlushBefore(w Flusher) { b.ahead = w }

// Buffered returns what was read but not consumed.
func (b *Reader) Buffered() []byte { return b.buf[b.r:b.w] }

// Received returns how many bytes have come.
func (b *Reader) Received() int64 { return b.n }

// Discard consumes n buffered bytes.
func (b *Reader) Discard(n int) { b.r += n }

// fill reads more, making room as needed.
func (b *Reader) fill() error {
	if b.ahead != nil {
		if err := b.ahead.Flush(); err != nil {
			return &FlushError{err}
		}
	}
	if b.r == b.w {
		b.r, b.w = 0, 0
	}
	if b.w == len(b.buf) {
		if b.r > 0 {
			copy(b.buf, b.buf[b.r:b.w])
			b.r, b.w = 0, b.w-b.r
		} else {
			b.buf = append(b.buf, make([]byte, len(b.buf))...)
		}
	}
	n, err := b.src.Read(b.buf[b.w:])
	b.w += n
	b.n += int64(n)
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// FlushError is a failure of the writer that is flushed before a read.
type FlushError struct{ Err error }

// Error implements error.
func (e *FlushError) Error() string { return "flush: " + e.Err.Error() }

// Unwrap returns the writer's error.
func (e *FlushError) Unwrap() error { return e.Err }

// Wait returns once something is buffered.
func (b *Reader) Wait() error {
	if b.r < b.w {
		return nil
	}
	return b.fill()
}

var headEnd = []byte("\r\n\r\n")

// Head consumes a message's head and returns it with its final empty line; one
// empty line before it is skipped (RFC 9112, 2.2). The error is io.EOF when the
// source ended before the first byte and io.ErrUnexpectedEOF inside.
func (b *Reader) Head(limit int) (string, error) {
	searched, skipped := 0, false
	for {
		p := b.Buffered()
		if !skipped && bytes.HasPrefix(p, headEnd[:2]) {
			b.r += 2
			searched, skipped = 0, true
			continue
		}
		if i := bytes.Index(p[max(searched-3, 0):], headEnd); i >= 0 {
			n := max(searched-3, 0) + i + 4
			if n > limit {
				return "", ErrHeadTooLarge
			}
			head := string(p[:n])
			b.r += n
			return head, nil
		}
		if len(p) > limit {
			return "", ErrHeadTooLarge
		}
		searched = len(p)
		if err := b.fill(); err != nil {
			if err == io.EOF && len(p) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
	}
}

// line consumes a line of at most limit bytes and returns it without its CRLF.
func (b *Reader) line(limit int) ([]byte, error) {
	for {
		p := b.Buffered()
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			if i == 0 || p[i-1] != '\r' {
				return nil, errors.New("line without carriage return")
			}
			b.r += i + 1
			return p[:i-1], nil
		}
		if len(p) > limit {
			return nil, errors.New("line too long")
		}
		if err := b.fill(); err != nil {
			return nil, noEOF(err)
		}
	}
}

// some consumes and returns between 1 and n bytes.
func (b *Reader) some(n int64) ([]byte, error) {
	if err := b.Wait(); err != nil {
		return nil, err
	}
	p := b.Buffered()
	if int64(len(p)) > n {
		p = p[:n]
	}
	b.r += len(p)
	return p, nil
}

// noEOF turns an end where there may be none into an error that says so.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
