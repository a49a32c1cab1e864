package store

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/raft"
)

type counter struct {
	ID string
	N  int
}

var errDisk = errors.New("the disk says no")

// faulty is an engine whose writes fail when it is told so.
type faulty struct {
	logStore
	fault *atomic.Int32
	stuck bool
}

// The ways to fail a write.
const (
	works   = iota
	refuses // nothing is written
	lies    // everything is written, and an error reported
	sticks  // nothing is ever written again through this engine
)

func (f *faulty) StoreLogs(entries []*raft.Log) error {
	switch fault := f.fault.Load(); {
	case f.stuck || fault == sticks:
		f.stuck = true
		return errDisk
	case fault == refuses:
		return errDisk
	case fault == lies:
		return errors.Join(f.logStore.StoreLogs(entries), errDisk)
	}
	return f.logStore.StoreLogs(entries)
}

func (f *faulty) Set(key, value []byte) error {
	if f.fault.Load() != works {
		return errDisk
	}
	return f.logStore.Set(key, value)
}

func (f *faulty) SetUint64(key []byte, value uint64) error {
	if f.fault.Load() != works {
		return errDisk
	}
	return f.logStore.SetUint64(key, value)
}

// openFaulty opens a store over an engine that fails on demand.
func openFaulty(t *testing.T, opts Options, fault *atomic.Int32, tables ...AnyTable) *Store {
	t.Helper()
	st := must(newState(tables))
	lock, err := lockDir(opts.Dir)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := newChecked(opts.Dir, opts.Engine, opts.Log, func() (logStore, error) {
		logs, err := openEngine(opts.Dir, opts.Engine, opts.Log)
		return &faulty{logStore: logs, fault: fault}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	j, err := openRaft(context.Background(), opts, st, logs, lock)
	if err != nil {
		t.Fatal(err)
	}
	return newStore(st, j)
}

// TestFaultyDisk lets writers count while writes fail now and then. No
// acknowledged increment is lost, no refused one comes back, and everybody goes
// on when the disk does.
func TestFaultyDisk(t *testing.T) {
	for _, engine := range []Engine{WAL, BoltDB} {
		for name, fault := range map[string]int32{"refuses": refuses, "lies": lies, "sticks": sticks} {
			t.Run(string(engine)+" "+name, func(t *testing.T) {
				t.Parallel()
				faultyDisk(t, Options{Dir: t.TempDir(), Engine: engine, SnapshotBytes: 1 << 20, Log: slog.New(slog.DiscardHandler)}, fault)
			})
		}
	}
}

func faultyDisk(t *testing.T, opts Options, kind int32) {
	counters := NewTable("test.counters", func(c *counter) string { return c.ID })
	var fault atomic.Int32
	s := openFaulty(t, opts, &fault, counters)
	var acked, unknown, faultAt atomic.Int64
	var stop atomic.Bool
	count := func() error {
		err := s.Update(context.Background(), func(tx *Txn) error {
			next := counter{ID: "c", N: 1}
			if now, ok := counters.Get(tx, "c"); ok {
				next.N += now.N
			}
			counters.Put(tx, next)
			return nil
		})
		if err == nil {
			if acked.Add(1) == faultAt.Load() {
				fault.Store(kind)
			}
		} else if errors.Is(err, ErrUnknown) {
			unknown.Add(1)
		}
		return err
	}
	for range 3 {
		faultAt.Store(acked.Load() + 200) // amid a throng
		var writers sync.WaitGroup
		refused := make(chan error, 16)
		for range 16 {
			writers.Go(func() {
				for !stop.Load() {
					if err := count(); err != nil {
						refused <- err
						return
					}
				}
			})
		}
		if err := <-refused; !errors.Is(err, errDisk) {
			t.Errorf("got %v, want the disk's error", err)
		}
		fault.Store(works)
		stop.Store(true)
		writers.Wait()
		stop.Store(false)
		for count() != nil { // until the store leads again
		}
	}
	check := func(when string, s *Store) {
		t.Helper()
		row, ok := counters.Get(s.Snapshot(), "c")
		if n := int64(row.N); !ok || n < acked.Load() || n > acked.Load()+unknown.Load() {
			t.Errorf("%s: %+v, want %d, or %d more", when, row, acked.Load(), unknown.Load())
		}
	}
	check("before closing", s)
	t.Logf("%d acknowledged, %d unknown", acked.Load(), unknown.Load())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), opts, counters)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check("after opening again", s)
}

// TestKilledBeforeTheFirstEntry finds a store whose beginning was cut short
// after raft noted its first term.
func TestKilledBeforeTheFirstEntry(t *testing.T) {
	for _, engine := range []Engine{WAL, BoltDB} {
		opts := Options{Dir: t.TempDir(), Engine: engine}
		logs, err := openEngine(opts.Dir, engine, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(logs.SetUint64([]byte("CurrentTerm"), 1), logs.Close()); err != nil {
			t.Fatal(err)
		}
		s, err := Open(context.Background(), opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForgottenTerm finds a store whose note of the term wasn't written.
func TestForgottenTerm(t *testing.T) {
	opts := Options{Dir: t.TempDir(), Engine: WAL}
	counters := NewTable("test.counters", func(c *counter) string { return c.ID })
	for n := range 4 {
		s, err := Open(context.Background(), opts, counters)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Update(context.Background(), func(tx *Txn) error {
			counters.Put(tx, counter{ID: string(rune('a' + n))})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		logs, err := openEngine(opts.Dir, WAL, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(logs.SetUint64([]byte("CurrentTerm"), 1), logs.Close()); err != nil {
			t.Fatal(err)
		}
	}
	view, err := OpenView(filepath.Clean(opts.Dir), counters)
	if err != nil {
		t.Fatal(err)
	}
	if tables, err := view.Tables(); err != nil || tables[0].Rows != 4 {
		t.Errorf("%+v, %v", tables, err)
	}
}
