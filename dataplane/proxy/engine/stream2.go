package engine

import (
	"io"
	"net/http"
	"strconv"
	"sync/atomic"

	"kaimon.dev/kaimon/dataplane/proxy/http1"
)

// source2 is the body of an HTTP/2 client's request.
type source2 struct {
	request *http.Request
	flush   http1.Flusher
	buf     []byte
	n       atomic.Int64 // bytes that have come
}

// Next implements source.
func (s *source2) Next() ([]byte, error) {
	if s.flush != nil {
		if err := s.flush.Flush(); err != nil {
			return nil, &http1.FlushError{Err: err}
		}
	}
	if s.buf == nil {
		s.buf = make([]byte, 16<<10)
	}
	n, err := s.Read(s.buf)
	if n > 0 {
		return s.buf[:n], nil
	}
	return nil, err
}

func (s *source2) flushBefore(f http1.Flusher) { s.flush = f }

func (s *source2) proceed() error { return nil } // net/http's, with the first read

func (s *source2) gather(to *http1.Writer) error {
	for {
		p, err := s.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		to.Append(p)
	}
}

func (s *source2) abort() { s.request.Body.Close() }

func (s *source2) trailer() []http1.Field { return fieldsOf(s.request.Trailer) }

// Read makes a source2 the body of a request to an HTTP/2 target.
func (s *source2) Read(p []byte) (int, error) {
	n, err := s.request.Body.Read(p)
	s.n.Add(int64(n))
	return n, err
}

// sink2 is the answer to an HTTP/2 client.
type sink2 struct {
	w http.ResponseWriter
	x *exchange
	n int64
}

// head implements sink.
func (s *sink2) head(a *answer) {
	h := s.w.Header()
	s.n += sizeOf(a.fields)
	for i := range a.fields {
		f := &a.fields[i]
		h[http.CanonicalHeaderKey(f.Name)] = append(h[http.CanonicalHeaderKey(f.Name)], f.Value)
	}
	if h["Date"] == nil {
		h["Date"] = nil // not ours to add
	}
	if h["Content-Type"] == nil {
		h["Content-Type"] = nil // nor to guess
	}
	if a.length >= 0 && !a.noBody {
		h.Set("Content-Length", strconv.FormatInt(a.length, 10))
	}
	s.w.WriteHeader(a.status)
}

func (s *sink2) write(p []byte) error {
	n, err := s.w.Write(p)
	s.n += int64(n)
	return err
}

func (s *sink2) end(trailer []http1.Field) error {
	for i := range trailer {
		s.w.Header().Add(http.TrailerPrefix+trailer[i].Name, trailer[i].Value)
	}
	return nil
}

// Flush implements http1.Flusher.
func (s *sink2) Flush() error { return http.NewResponseController(s.w).Flush() }

// sizeOf is how long fields are when they are written out.
func sizeOf(fields []http1.Field) (n int64) {
	for i := range fields {
		n += int64(len(fields[i].Name) + len(fields[i].Value) + len(": \r\n"))
	}
	return n
}

// fieldsOf lists a header's fields.
func fieldsOf(h http.Header) []http1.Field {
	var all []http1.Field
	for name, values := range h {
		for _, v := range values {
			all = append(all, http1.Field{Name: name, Value: v, Known: http1.Lookup(name)})
		}
	}
	return all
}
