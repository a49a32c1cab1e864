package engine

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pair is a direct connection and its other end.
func pair(t testing.TB) (*direct, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	here, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	there, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		here.Close()
		there.Close()
	})
	return newDirect(here), there.(*net.TCPConn)
}

// TestAsk asks questions of any size, also those that the kernel doesn't take at
// once, of a peer that has read all before it answers, or answers in pieces.
func TestAsk(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, peer := pair(t)
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{1, 100, 70_000, 8 << 20}), 1, 3).Draw(rt, "sizes")
		go func() {
			for _, n := range sizes {
				got, err := io.ReadAll(io.LimitReader(peer, int64(n)))
				if err != nil || len(got) != n || bytes.ContainsFunc(got, func(r rune) bool { return r != 'q' }) {
					rt.Errorf("%d bytes of %d: %v", len(got), n, err)
				}
				peer.Write([]byte("ans"))
				peer.Write([]byte("wer"))
			}
		}()
		for _, n := range sizes {
			d.askBefore(bytes.Repeat([]byte("q"), n))
			answer := make([]byte, 6)
			if _, err := io.ReadFull(d, answer); err != nil || string(answer) != "answer" {
				rt.Fatalf("%q, %v", answer, err)
			}
		}
	})
}

func TestAskFails(t *testing.T) {
	buf := make([]byte, 10)
	t.Run("closed here", func(t *testing.T) {
		d, _ := pair(t)
		d.Close()
		d.askBefore([]byte("q"))
		if _, err := d.Read(buf); !errors.As(err, new(*askError)) || !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	t.Run("reset", func(t *testing.T) {
		d, peer := pair(t)
		peer.SetLinger(0)
		peer.Close()
		for d.raw.Control(func(fd uintptr) {}) == nil { // until the reset has come
			d.askBefore([]byte("q"))
			if _, err := d.Read(buf); errors.As(err, new(*askError)) {
				return
			}
		}
		t.Error("no failure to send")
	})
	t.Run("no answer", func(t *testing.T) {
		d, peer := pair(t)
		d.SetDeadline(time.Now().Add(20 * time.Millisecond))
		d.askBefore([]byte("q"))
		_, err := d.Read(buf)
		if !isTimeout(err) || errors.As(err, new(*askError)) {
			t.Error(err)
		}
		if n, _ := peer.Read(buf); n != 1 {
			t.Error("the question wasn't sent")
		}
	})
	t.Run("an end", func(t *testing.T) {
		d, peer := pair(t)
		peer.CloseWrite()
		d.askBefore([]byte("q"))
		if _, err := d.Read(buf); err != io.EOF {
			t.Error(err)
		}
	})
	t.Run("too late", func(t *testing.T) {
		d, _ := pair(t)
		d.SetDeadline(time.Unix(1, 0))
		d.askBefore([]byte("q"))
		if _, err := d.Read(buf); !isTimeout(err) || !errors.As(err, new(*askError)) {
			t.Error(err)
		}
	})
}

func TestDirectIsForTCP(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if newDirect(a) != nil {
		t.Error("a pipe is taken for TCP")
	}
	if c := newConn(a, time.Hour).plain(); c.direct != nil || c.whole() != a {
		t.Error("a pipe is read directly")
	}
}
