package store

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// fsm is the state as raft drives it.
type fsm struct {
	state *state
	// applied counts the bytes of records since the newest snapshot began.
	applied atomic.Int64
	// attempts holds a *atomic.Bool for each Attempt whose writer waits, to be
	// set once it is applied.
	attempts sync.Map

	mu  sync.Mutex
	err error // the first record that could not be applied
}

var _ raft.BatchingFSM = (*fsm)(nil)

// Apply applies one entry; its response is an error or nil.
func (f *fsm) Apply(entry *raft.Log) any { return f.ApplyBatch([]*raft.Log{entry})[0] }

// ApplyBatch applies entries in one publication.
func (f *fsm) ApplyBatch(entries []*raft.Log) []any {
	responses := make([]any, len(entries))
	records := make([]record, 0, len(entries))
	places := make([]int, 0, len(entries))
	for i, entry := range entries {
		if entry.Type != raft.LogCommand {
			continue
		}
		f.applied.Add(int64(len(entry.Data)))
		r, err := decodeRecord(entry.Data)
		if err != nil {
			err = fmt.Errorf("store: entry %d: %w", entry.Index, err)
			f.fail(err)
			responses[i] = err
			continue
		}
		records, places = append(records, r), append(places, i)
	}
	for i, err := range f.state.apply(records) {
		if err == nil {
			if done, ok := f.attempts.Load(records[i].Attempt); ok {
				done.(*atomic.Bool).Store(true)
			}
			continue
		}
		responses[places[i]] = err
		if err != errStale {
			f.fail(err)
		}
	}
	return responses
}

func (f *fsm) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

// failure returns the first error of a record that should have applied.
func (f *fsm) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Snapshot takes the state as it is, at no cost; Persist writes it later.
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) {
	f.applied.Store(0)
	return &fsmSnapshot{f.state.image()}, nil
}

// Restore replaces the state.
func (f *fsm) Restore(r io.ReadCloser) error {
	defer r.Close()
	err := f.state.restore(r)
	if err != nil {
		f.fail(err) // raft only logs it
	}
	return err
}

type fsmSnapshot struct{ image *image }

func (s *fsmSnapshot) Persist(sink raft.SnapshotSink) error {
	if err := s.image.writeTo(sink); err != nil {
		sink.Cancel()
		return err
	}
	return sink.Close()
}

func (*fsmSnapshot) Release() {}
