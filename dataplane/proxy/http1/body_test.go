package http1

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestBody(t *testing.T) {
	for _, c := range []struct {
		name   string
		length int64
		text   string
		want   string
		rest   string // left for the next message
		ok     bool
	}{
		{"none", 0, "next", "", "next", true},
		{"length", 5, "hellonext", "hello", "next", true},
		{"cut off", 5, "hel", "", "", false},
		{"until close", UntilClose, "hello", "hello", "", true},
		{"chunks", Chunked, "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nnext", "hello!", "next", true},
		{"extension", Chunked, "5;a=b\r\nhello\r\n0\r\n\r\n", "hello", "", true},
		{"capitals and zeros", Chunked, "00A\r\n0123456789\r\n000\r\n\r\n", "0123456789", "", true},
		{"trailer", Chunked, "0\r\nA: b\r\nContent-Length: 5\r\n\r\nnext", "", "next", true},
		{"no size", Chunked, "\r\nhello\r\n0\r\n\r\n", "", "", false},
		{"signed size", Chunked, "+5\r\nhello\r\n0\r\n\r\n", "", "", false},
		{"prefixed size", Chunked, "0x5\r\nhello\r\n0\r\n\r\n", "", "", false},
		{"space before size", Chunked, " 5\r\nhello\r\n0\r\n\r\n", "", "", false},
		{"huge size", Chunked, "FFFFFFFFFFFFFFFF\r\n", "", "", false},
		{"bare line feed", Chunked, "5\nhello\r\n0\r\n\r\n", "", "", false},
		{"longer than its size", Chunked, "5\r\nhello!\r\n0\r\n\r\n", "", "", false},
		{"no end", Chunked, "5\r\nhello\r\n", "", "", false},
		{"endless extension", Chunked, "5;" + strings.Repeat("a", 5000), "", "", false},
		{"bad trailer", Chunked, "0\r\nA b\r\n\r\n", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
				r := NewReader(src)
				var b Body
				b.Reset(r, c.length)
				got, err := io.ReadAll(&b)
				if (err == nil) != c.ok {
					t.Fatalf("%q %v", got, err)
				}
				if !c.ok {
					continue
				}
				rest, _ := io.ReadAll(io.MultiReader(bytes.NewReader(r.Buffered()), src))
				if string(got) != c.want || string(rest) != c.rest || !b.Done() {
					t.Errorf("%q, then %q", got, rest)
				}
				if strings.Contains(c.name, "trailer") && (len(b.Trailer) != 1 || b.Trailer[0].Name != "A") {
					t.Errorf("%+v", b.Trailer)
				}
			}
		})
	}
}

// TestChunksRoundTrip holds that what WriteChunk writes, Body reads, however it
// is cut.
func TestChunksRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 20000)).Draw(t, "pieces")
		var wire, want bytes.Buffer
		w := NewWriter(&wire)
		for _, p := range pieces {
			want.Write(p)
			if err := WriteChunk(w, p); err != nil {
				t.Fatal(err)
			}
		}
		WriteLastChunk(w, []Field{{Name: "A", Value: "b"}})
		if err := w.Flush(); err != nil || w.Sent() != int64(wire.Len()) {
			t.Fatal(err)
		}
		var b Body
		b.Reset(NewReader(iotest.HalfReader(&wire)), Chunked)
		got, err := io.ReadAll(&b)
		if err != nil || !bytes.Equal(got, want.Bytes()) || len(b.Trailer) != 1 {
			t.Fatalf("%d bytes, want %d: %v", len(got), want.Len(), err)
		}
	})
}

func FuzzBody(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"))
	f.Add([]byte("0\r\nA: b\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var b Body
		b.Reset(NewReader(bytes.NewReader(text)), Chunked)
		if got, err := io.ReadAll(&b); err == nil && len(got) > len(text) {
			t.Fatalf("%d bytes out of %d", len(got), len(text))
		}
	})
}

func TestHead(t *testing.T) {
	r := NewReader(iotest.OneByteReader(strings.NewReader("\r\nA\r\nB\r\n\r\nC\r\n\r\nD")))
	for _, want := range []string{"A\r\nB\r\n\r\n", "C\r\n\r\n"} {
		if got, err := r.Head(100); err != nil || got != want {
			t.Fatalf("%q %v", got, err)
		}
	}
	if _, err := r.Head(100); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
	if _, err := NewReader(strings.NewReader("")).Head(100); err != io.EOF {
		t.Error(err)
	}
	long := strings.Repeat("a", 20000)
	if _, err := NewReader(strings.NewReader(long)).Head(10000); err != ErrHeadTooLarge {
		t.Error(err)
	}
	if got, err := NewReader(strings.NewReader(long + "\r\n\r\n")).Head(30000); err != nil || len(got) != 20004 {
		t.Error(len(got), err)
	}
}

// TestFlushBefore holds that what was relayed leaves before more is waited for.
func TestFlushBefore(t *testing.T) {
	var sent bytes.Buffer
	w := NewWriter(&sent)
	r := NewReader(readerFunc(func([]byte) (int, error) {
		if sent.String() != "first" {
			t.Errorf("waiting with %q unsent", w.Pending())
		}
		return 0, io.EOF
	}))
	r.FlushBefore(w)
	w.Text("first")
	r.Wait()
	failing := NewWriter(writerFunc(func([]byte) (int, error) { return 0, errors.New("gone") }))
	failing.Text("x")
	r.FlushBefore(failing)
	var flush *FlushError
	if err := r.Wait(); !errors.As(err, &flush) || failing.Err() == nil {
		t.Error(err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
