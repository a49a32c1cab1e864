package logs

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"os"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/runtime"
)

const (
	// chunk is how much is taken to the store at once, in bytes.
	chunk = 2 << 20
	// waiting is how much may lie in the spool of a container that is to wait.
	waiting = 4 << 20
	// retry is the pause after a failure of the disk or the store.
	retry = 200 * time.Millisecond
)

// Delivery says where a container's output goes.
type Delivery struct {
	Store runtime.LogStore
	// Stream is the store's name for the log stream, Source its name for the container.
	Stream, Source string
	// Buffer is how many bytes may wait before the oldest are dropped; 0 has the
	// container wait.
	Buffer int64
	// Begins matches the first lines of events of several lines; nil has every
	// line be an event. Patience is how long such an event may stay open for more
	// lines, 0 for Docker's 5 s.
	Begins   *regexp.Regexp
	Patience time.Duration
	Clock    clock.Clock
	Log      *slog.Logger
}

// Deliverer takes lines from a pipe to a log store. One goroutine empties the
// pipe into a spool, another takes the spool's lines to the store, together
// with the position up to which they are taken. A successor goes on exactly
// there: no line is lost or doubled when the server is killed.
type Deliverer struct {
	Delivery
	reader  *os.File
	holder  *os.File // a write end, so that reading waits instead of ending
	spool   *spool
	release sync.Once
	done    chan struct{} // closed when both goroutines have ended

	mu      sync.Mutex
	changed *sync.Cond
	size    int64 // bytes in the spool since it began
	taken   int64 // of them, those that the store has
	ended   bool  // no more will come
	detach  bool
	flush   bool  // the event that is open has been so for long enough
	last    int64 // the time of the last line
}

// Deliver begins to take what is written into a pipe to a log store.
func Deliver(pipe, path string, d Delivery) (*Deliverer, error) {
	taken, err := d.Store.Taken(d.Source)
	if err != nil {
		return nil, err
	}
	sp, err := openSpool(path, taken)
	if err != nil {
		return nil, err
	}
	reader, holder, err := openPipe(pipe)
	if err != nil {
		return nil, errors.Join(err, sp.file.Close())
	}
	if _, err := unix.FcntlInt(holder.Fd(), unix.F_SETPIPE_SZ, pipeSize); err != nil {
		d.Log.Debug("a log pipe stays small", "source", d.Source, "error", err)
	}
	d.Patience = cmp.Or(d.Patience, multilinePatience)
	x := &Deliverer{Delivery: d, reader: reader, holder: holder, spool: sp, size: sp.size, taken: taken, done: make(chan struct{})}
	x.changed = sync.NewCond(&x.mu)
	var working sync.WaitGroup
	working.Go(x.fill)
	working.Go(x.take)
	go func() {
		defer close(x.done)
		working.Wait()
		_ = sp.file.Close()
	}()
	return x, nil
}

// fill empties the pipe into the spool until it ends or is closed.
func (x *Deliverer) fill() {
	defer x.set(func() { x.ended = true })
	for {
		x.mu.Lock()
		for x.Buffer == 0 && x.size-x.taken >= waiting && !x.detach {
			x.changed.Wait()
		}
		stop := x.detach
		x.mu.Unlock()
		if stop {
			return
		}
		n, err := x.spool.fill(x.reader, pipeSize)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed):
			return
		case err != nil: // the disk is full: the container waits
			x.Log.Warn("cannot spool a container's output", "source", x.Source, "error", err)
			time.Sleep(retry)
		default:
			x.spool.size += int64(n)
			x.set(func() { x.size += int64(n) })
		}
	}
}

// set changes the shared state and wakes who waits for it.
func (x *Deliverer) set(change func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change()
	x.changed.Broadcast()
}

// take takes the spool's lines to the store until there will be no more.
func (x *Deliverer) take() {
	var seen int64 = -1 // the size that had no whole line, or an event that is open
	buffer := make([]byte, 64<<10)
	for {
		x.mu.Lock()
		for x.size == seen && !x.ended && !x.detach && !x.flush {
			x.changed.Wait()
		}
		size, ended, detach, flush := x.size, x.ended, x.detach, x.flush
		x.flush = false
		x.mu.Unlock()
		if detach || ended && size == x.taken {
			return
		}
		x.drop(size)
		want := min(size-x.taken, chunk)
		if int64(len(buffer)) < want {
			buffer = make([]byte, want)
		}
		n, err := x.spool.file.ReadAt(buffer[:want], x.taken)
		if int64(n) == want {
			err = nil
		}
		consumed := 0
		if err == nil {
			consumed, err = x.deliver(buffer[:n], flush, ended && x.taken+int64(n) == size)
		}
		if err != nil {
			x.Log.Warn("cannot take a container's output to its log stream", "source", x.Source, "error", err)
			time.Sleep(retry)
			continue
		}
		seen = -1
		if consumed == 0 {
			seen = size
			x.flushLater()
		}
	}
}

// flushLater has an event of several lines that is open end in a while, unless
// it has ended by then.
func (x *Deliverer) flushLater() {
	if x.Begins == nil {
		return
	}
	open := x.taken
	time.AfterFunc(x.Patience, func() { x.set(func() { x.flush = x.taken == open }) })
}

// deliver takes the whole events of a text to the store.
func (x *Deliverer) deliver(text []byte, flush, end bool) (int, error) {
	found, n := x.cut(text, flush, end)
	if n == 0 {
		return 0, nil
	}
	x.last = max(x.last, x.Clock.Now().UnixMilli())
	events := make([]logline.Event, len(found))
	for i, line := range found {
		events[i] = logline.Event{Time: x.last, Ingested: x.last, Message: line}
	}
	position := x.taken + int64(n)
	err := x.Store.Take(x.Stream, events, logline.Mark{Source: x.Source, Position: position})
	if err != nil && !errors.Is(err, runtime.ErrNotFound) {
		return 0, err
	}
	x.set(func() { x.taken = position })
	return n, x.spool.free(position)
}

// cut cuts a text into events.
func (x *Deliverer) cut(text []byte, flush, end bool) ([][]byte, int) {
	if x.Begins == nil {
		return lines(text, end)
	}
	return joined(text, x.Begins, flush, end)
}

// drop leaves out the oldest lines of a container that doesn't wait.
func (x *Deliverer) drop(size int64) {
	if x.Buffer == 0 || size-x.taken <= x.Buffer {
		return
	}
	dropped, at := 0, x.taken
	buffer := make([]byte, 64<<10)
	for excess, whole := size-x.Buffer, false; !whole; {
		n, err := x.spool.file.ReadAt(buffer[:min(int64(len(buffer)), size-at)], at)
		if n == 0 || err != nil && !errors.Is(err, io.EOF) {
			break
		}
		text := buffer[:n]
		if over := max(excess-at, 0); over < int64(n) { // up to the end of the line that is too much
			if i := bytes.IndexByte(text[over:], '\n'); i >= 0 {
				text, whole = text[:int(over)+i+1], true
			}
		}
		dropped += bytes.Count(text, []byte{'\n'})
		at += int64(len(text))
	}
	x.Log.Warn("dropped the oldest lines of a container that writes too fast", "source", x.Source, "lines", dropped)
	x.set(func() { x.taken = at })
}

// Finish waits until every writer has closed the pipe and its lines are in the
// store. It stops after grace without any progress.
func (x *Deliverer) Finish(grace time.Duration) error {
	x.release.Do(func() { _ = x.holder.Close() })
	if !x.settle(grace) {
		_ = x.reader.Close() // no more comes; what is spooled goes on
		if !x.settle(grace) {
			x.Detach()
			return errors.New("the log store doesn't take the rest of the output")
		}
	}
	return ignoreClosed(x.reader.Close())
}

// patience is how many times grace Finish waits for what does progress.
const patience = 30

// settle waits for the end; it gives up when nothing has moved for a while.
func (x *Deliverer) settle(grace time.Duration) bool {
	for range patience {
		before := x.progress()
		select {
		case <-x.done:
			return true
		case <-time.After(grace):
		}
		if x.progress() == before {
			break
		}
	}
	return false
}

// progress changes with every step.
func (x *Deliverer) progress() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.size + x.taken
}

// Detach stops at once and leaves the rest to a successor.
func (x *Deliverer) Detach() {
	x.set(func() { x.detach = true })
	_ = x.reader.Close()
	<-x.done
	x.release.Do(func() { _ = x.holder.Close() })
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
