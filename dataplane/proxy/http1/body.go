package http1

import (
	"errors"
	"io"
	"strconv"
	"strings"
)

// maxChunkLine bounds a chunk's size line with its extensions, which are dropped.
const maxChunkLine = 4 << 10

// Body streams a message's body out of a Reader.
type Body struct {
	src     *Reader
	left    int64 // of the body, or of the chunk
	chunked bool
	close   bool // ends with the connection
	inside  bool // of a chunk: its CRLF is still to come
	done    bool
	Trailer []Field // after the last chunk
}

// Reset makes b the body of the given length.
func (b *Body) Reset(src *Reader, length int64) {
	*b = Body{src: src, left: length, chunked: length == Chunked, close: length == UntilClose, done: length == 0}
	if length < 0 {
		b.left = 0
	}
}

// Done says that the body has been read to its end.
func (b *Body) Done() bool { return b.done }

// Next returns the next piece, valid until the next call, and io.EOF after the
// last. The source's end within the body is io.ErrUnexpectedEOF.
func (b *Body) Next() ([]byte, error) {
	switch {
	case b.done:
		return nil, io.EOF
	case b.close:
		p, err := b.src.some(1 << 30)
		b.done = err == io.EOF
		return p, err
	case b.chunked && b.left == 0:
		if err := b.nextChunk(); err != nil {
			return nil, err
		}
		if b.done {
			return nil, io.EOF
		}
	}
	p, err := b.src.some(b.left)
	if err != nil {
		return nil, noEOF(err)
	}
	b.left -= int64(len(p))
	b.done = b.left == 0 && !b.chunked
	return p, nil
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	piece, err := b.Next()
	n := copy(p, piece)
	if n < len(piece) {
		b.src.r -= len(piece) - n // give back
		if !b.close {
			b.left += int64(len(piece) - n)
			b.done = false
		}
	}
	return n, err
}

// nextChunk reads the line before a chunk, or the end of the body.
func (b *Body) nextChunk() error {
	if b.inside {
		line, err := b.src.line(2)
		if err != nil {
			return err
		}
		if len(line) != 0 {
			return errors.New("chunk longer than its size")
		}
	}
	line, err := b.src.line(maxChunkLine)
	if err != nil {
		return err
	}
	size, err := parseChunkSize(string(line))
	if err != nil {
		return err
	}
	b.left, b.inside = size, true
	if size > 0 {
		return nil
	}
	return b.readTrailer()
}

func (b *Body) readTrailer() error {
	for total := 0; ; {
		line, err := b.src.line(MaxField)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			b.done = true
			return nil
		}
		f, ok := splitField(string(line))
		if total += len(line); !ok || f.Name == "" || total > MaxRequestHead || !all(f.Value, isValue) {
			return errors.New("malformed trailer")
		}
		if f.Known == Other { // RFC 9110, 6.5.1: nothing that frames or routes
			b.Trailer = append(b.Trailer, f)
		}
	}
}

// parseChunkSize parses hexadecimal digits, and an extension that is ignored.
func parseChunkSize(line string) (int64, error) {
	digits, ext, _ := strings.Cut(line, ";")
	digits = strings.TrimRight(digits, " \t")
	if digits == "" || len(digits) > 15 || !all(ext, isValue) {
		return 0, errors.New("malformed chunk size")
	}
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return 0, errors.New("malformed chunk size")
		}
	}
	return strconv.ParseInt(digits, 16, 64)
}

// WriteChunk writes a piece as a chunk; an empty one is left out, as it would
// end the body.
func WriteChunk(w *Writer, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	w.Hex(int64(len(p)))
	w.Text("\r\n")
	if _, err := w.Write(p); err != nil {
		return err
	}
	w.Text("\r\n")
	return nil
}

// WriteLastChunk ends a chunked body.
func WriteLastChunk(w *Writer, trailer []Field) {
	w.Text("0\r\n")
	for i := range trailer {
		w.Field(trailer[i].Name, trailer[i].Value)
	}
	w.Text("\r\n")
}
