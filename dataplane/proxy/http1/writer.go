package http1

import (
	"io"
	"strconv"
)

// Writer gathers what goes to a connection, so that a head and its body leave
// in one system call.
type Writer struct {
	dst io.Writer
	buf []byte
	err error // the first failure; nothing is written after it
	n   int64 // bytes that have left
}

// NewWriter returns a writer to dst.
func NewWriter(dst io.Writer) *Writer {
	return &Writer{dst: dst, buf: make([]byte, 0, bufferSize)}
}

// Write buffers p, or sends it when it is large.
func (w *Writer) Write(p []byte) (int, error) {
	if len(w.buf)+len(p) <= cap(w.buf) {
		w.buf = append(w.buf, p...)
		return len(p), w.err
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	if len(p) >= cap(w.buf) {
		return len(p), w.send(p)
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
}

// Text buffers strings.
func (w *Writer) Text(parts ...string) {
	for _, s := range parts {
		w.buf = append(w.buf, s...)
	}
}

// Int buffers a decimal number.
func (w *Writer) Int(n int64) { w.buf = strconv.AppendInt(w.buf, n, 10) }

// Hex buffers a hexadecimal number.
func (w *Writer) Hex(n int64) { w.buf = strconv.AppendInt(w.buf, n, 16) }

// Field buffers a header field.
func (w *Writer) Field(name, value string) {
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, ": "...)
	w.buf = append(w.buf, value...)
	w.buf = append(w.buf, "\r\n"...)
}

// Pending returns what is buffered.
func (w *Writer) Pending() []byte { return w.buf }

// Drop forgets what is buffered.
func (w *Writer) Drop() { w.buf = w.buf[:0] }

// Sent returns how many bytes have left.
func (w *Writer) Sent() int64 { return w.n }

// Err returns the first failure of the connection.
func (w *Writer) Err() error { return w.err }

// Flush sends what is buffered.
func (w *Writer) Flush() error {
	if len(w.buf) == 0 || w.err != nil {
		return w.err
	}
	err := w.send(w.buf)
	if cap(w.buf) > 8*bufferSize { // a head of record size; don't keep it
		w.buf = make([]byte, 0, bufferSize)
	}
	w.buf = w.buf[:0]
	return err
}

func (w *Writer) send(p []byte) error {
	if w.err != nil {
		return w.err
	}
	n, err := w.dst.Write(p)
	w.n += int64(n)
	w.err = err
	return err
}

// Append buffers p, however large.
func (w *Writer) Append(p []byte) { w.buf = append(w.buf, p...) }
