package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// requestRate is how many requests a second the load makes.
	requestRate = 500
	// maxCallers bounds the requests that are under way at once.
	maxCallers = 400
	// perConnection is how many requests a caller sends over one connection.
	perConnection = 100
)

// load asks for a page at a constant rate until it is stopped, whether or not the
// requests before have been answered: who is slow loses nothing by it. Its callers
// speak HTTP by themselves, because net/http's client takes more of the machine
// than what it asks.
type load struct {
	address string
	begun   time.Time
	stop    chan struct{}
	paced   chan struct{} // closed when no more is sent
	due     chan int      // the numbers of requests, in order
	ran     time.Duration // of pace alone until paced is closed
	callers sync.WaitGroup

	mu     sync.Mutex
	sent   int // the number of requests that were due and sent
	good   int
	failed []string
}

// startLoad asks for the page at a URL's root.
func startLoad(url string) *load {
	l := &load{
		address: strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/"), begun: time.Now(),
		stop: make(chan struct{}), paced: make(chan struct{}), due: make(chan int),
	}
	go l.pace()
	return l
}

// pace hands out each request when it is due, to a caller that is free or to a
// new one.
func (l *load) pace() {
	defer close(l.paced)
	defer close(l.due)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	callers := 0
	for n, last := 0, false; !last; {
		select {
		case <-l.stop:
			last = true
		case <-tick.C:
		}
		l.ran = time.Since(l.begun)
		for ; n < l.owed(); n++ {
			select {
			case l.due <- n:
				continue
			default:
			}
			if callers < maxCallers {
				callers++
				l.callers.Go(l.call)
			}
			l.due <- n
		}
	}
}

// owed is how many requests are due by now.
func (l *load) owed() int { return int(l.ran.Seconds() * requestRate) }

// call sends requests until there are no more.
func (l *load) call() {
	var c net.Conn
	var r *bufio.Reader
	for used := 0; ; used++ {
		n, more := <-l.due
		if c != nil && (!more || used%perConnection == 0) {
			c.Close()
			c = nil
		}
		if !more {
			return
		}
		var err error
		if c == nil {
			if c, err = net.DialTimeout("tcp", l.address, 10*time.Second); err == nil {
				r = bufio.NewReader(c)
			}
		}
		if err == nil {
			err = ask(c, r, l.address, n)
		}
		if err != nil && c != nil {
			c.Close()
			c = nil
		}
		l.count(n, err)
	}
}

func (l *load) count(n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	if err == nil {
		l.good++
		return
	}
	l.failed = append(l.failed, fmt.Sprintf("%s request %d: %s", time.Now().Format("05.000"), n, err))
}

// ask sends one request and reads nginx's welcome.
func ask(c net.Conn, r *bufio.Reader, host string, n int) error {
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c, "GET /?%d HTTP/1.1\r\nHost: %s\r\n\r\n", n, host); err != nil {
		return err
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(b), "Welcome to nginx!") {
		return fmt.Errorf("%s: %q", resp.Status, b)
	}
	return nil
}

// end stops the load and returns how many requests succeeded, and the others.
func (l *load) end() (good int, failed []string) {
	close(l.stop)
	<-l.paced
	l.callers.Wait()
	return l.good, l.failed
}

// check ends the load. Every request that was due must have been sent and
// answered: the rate times the time that has passed, not one less.
func (l *load) check(t *testing.T) {
	t.Helper()
	good, failed := l.end()
	t.Logf("%d requests in %s", l.sent, l.ran.Round(time.Millisecond))
	for _, f := range failed[:min(len(failed), 10)] {
		t.Error(f)
	}
	if owed := l.owed(); owed == 0 || len(failed) > 0 || good != owed {
		t.Errorf("%d requests failed, %d succeeded, %d were due", len(failed), good, owed)
	}
}

// The load holds its rate by itself, and tells what fails.
func TestLoad(t *testing.T) {
	page := "Welcome to nginx!"
	var mu sync.Mutex
	seen := map[string]bool{}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.RawQuery] = true
		io.WriteString(w, page)
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	go func() {
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	l := startLoad("http://" + listener.Addr().String() + "/")
	time.Sleep(500 * time.Millisecond)
	l.check(t)
	mu.Lock()
	for n := range l.sent {
		if !seen[fmt.Sprint(n)] {
			t.Errorf("request %d was left out", n)
		}
	}
	page = "another page"
	mu.Unlock()
	l = startLoad("http://" + listener.Addr().String() + "/")
	time.Sleep(50 * time.Millisecond)
	if good, failed := l.end(); good != 0 || len(failed) == 0 {
		t.Errorf("%d good, failed %v", good, failed)
	}
}
