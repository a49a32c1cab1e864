package store

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-memdb"
)

// ErrClosed answers an Update of a store that was closed.
var ErrClosed = errors.New("store: closed")

// ErrUnknown is wrapped by the error of an Update that was cut off by a fault
// of the disk: it may yet be found done.
var ErrUnknown = errors.New("outcome unknown")

// Store is the rows of a set of tables. Its methods may be called concurrently.
type Store struct {
	state   *state
	journal journal
	views   io.Closer // nil in memory

	closed    chan struct{}
	closeOnce sync.Once
	closeErr  error

	// failed says that a transaction in flight failed, so that pending has to
	// be taken from the published rows anew.
	failed atomic.Bool
	// writer is held by the transaction whose function runs; what follows it
	// belongs to its holder.
	writer chan struct{}
	// pending is the newest state: the published rows and, on top of them, the
	// transactions in flight. seq is the number of the newest of those.
	pending *memdb.MemDB
	seq     uint64
	last    *flight // nil when none is in flight
}

// flight is a transaction on its way to be durable and published.
type flight struct {
	wait func() error // by any number of goroutines
}

// journal makes records durable, then has them applied to the state. Records
// are applied in the order of the calls of propose.
type journal interface {
	// propose hands in a record and returns a function that waits until it was
	// applied, or can't be any more. The error that wait returns is
	// ErrUnknown if that can't be told.
	propose(r record) (wait func() error, err error)
	// settle returns once every record that was ever proposed was either
	// applied or dropped for good.
	settle() error
	// failure says why records can't be made durable just now, nil if they can.
	failure() error
	close() error
}

// OpenMemory opens an empty store without a journal, for tests. It panics when
// two tables have the same name.
func OpenMemory(tables ...AnyTable) *Store {
	st, err := newState(tables)
	if err != nil {
		panic(err)
	}
	return newStore(st, memoryJournal{st})
}

func newStore(st *state, j journal) *Store {
	return &Store{state: st, journal: j, closed: make(chan struct{}), writer: make(chan struct{}, 1)}
}

// Snapshot returns the published state.
func (s *Store) Snapshot() *Snapshot { return &Snapshot{s.state.db.Txn(false)} }

// Health says why Updates are refused just now, such as a full disk; nil when
// they aren't. The store goes on by itself once it can.
func (s *Store) Health() error { return s.journal.failure() }

// Close ends the store: Updates fail with ErrClosed, feeds are closed.
// Snapshots stay readable.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closed)
		s.writer <- struct{}{} // for good
		if s.last != nil {
			s.last.wait() // it tells its own caller how it went
		}
		if s.views != nil {
			s.closeErr = errors.Join(s.closeErr, s.views.Close())
		}
		s.closeErr = errors.Join(s.closeErr, s.journal.close())
	})
	return s.closeErr
}

// memoryJournal applies records at once.
type memoryJournal struct{ state *state }

func (j memoryJournal) propose(r record) (func() error, error) {
	err := j.state.apply([]record{r})[0]
	return func() error { return err }, nil
}

func (memoryJournal) settle() error { return nil }

func (memoryJournal) failure() error { return nil }

func (memoryJournal) close() error { return nil }
