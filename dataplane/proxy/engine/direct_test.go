package engine

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
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

// TestDirect moves what one side writes to the other, in pieces of any size, more
// than the kernel holds too, and then the end.
func TestDirect(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, peer := pair(t)
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 100, 70_000, 4 << 20}), 1, 3).Draw(rt, "sizes")
		back := make(chan []byte)
		go func() {
			all, err := io.ReadAll(peer)
			if err != nil {
				rt.Error(err)
			}
			peer.Write(all)
			peer.CloseWrite()
			back <- all
		}()
		var want []byte
		for i, n := range sizes {
			p := bytes.Repeat([]byte{byte('a' + i)}, n)
			if got, err := d.Write(p); got != n || err != nil {
				rt.Fatalf("%d of %d: %v", got, n, err)
			}
			want = append(want, p...)
		}
		d.CloseWrite()
		go func() {
			if there := <-back; !bytes.Equal(there, want) {
				rt.Errorf("%d bytes arrived of %d", len(there), len(want))
			}
			close(back)
		}()
		got, err := io.ReadAll(d)
		if err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("%d bytes of %d: %v", len(got), len(want), err)
		}
		<-back
	})
}

func TestDirectFails(t *testing.T) {
	buf := make([]byte, 10)
	t.Run("closed here", func(t *testing.T) {
		d, _ := pair(t)
		d.Close()
		if _, err := d.Read(buf); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if _, err := d.Write(buf); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	t.Run("reset", func(t *testing.T) {
		d, peer := pair(t)
		peer.SetLinger(0)
		peer.Close()
		if _, err := d.Read(buf); !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
		if _, err := d.Write(buf); !errors.Is(err, syscall.EPIPE) {
			t.Error(err)
		}
	})
	t.Run("an end that came before", func(t *testing.T) {
		d, peer := pair(t)
		peer.CloseWrite()
		for range 2 {
			d.Write(buf)
			if _, err := d.Read(buf); err != io.EOF {
				t.Error(err)
			}
		}
	})
	t.Run("too late", func(t *testing.T) {
		d, _ := pair(t)
		d.SetDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := d.Read(buf); !isTimeout(err) {
			t.Error(err)
		}
		d.SetDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := d.Write(make([]byte, 64<<20)) // nobody reads
		if !isTimeout(err) || n == 0 || n == 64<<20 {
			t.Errorf("%d, %v", n, err)
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
