package store

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// retryWait is how long raft is held up when a write fails again: it takes the
// lead anew after each failure and tries at once.
const retryWait = 250 * time.Millisecond

// healingLog outlives a disk that refuses writes for a while, such as a full
// one. An engine may be of no use after that (raft-wal is, when it couldn't
// begin a segment), so it is opened anew.
type healingLog struct {
	open func() (logStore, error)
	log  *slog.Logger

	mu     sync.Mutex
	logs   logStore // nil when it has to be opened anew
	last   uint64   // the last entry that was stored
	failed error    // why the newest write failed, nil if it didn't
}

func openHealing(open func() (logStore, error), log *slog.Logger) (*healingLog, error) {
	l := &healingLog{open: open, log: log}
	logs, err := open()
	if err != nil {
		return nil, err
	}
	if l.last, err = logs.LastIndex(); err != nil {
		return nil, errors.Join(err, logs.Close())
	}
	l.logs = logs
	return l, nil
}

// engine returns the engine, opened anew if need be, without what the failed
// write left in it. The caller holds mu.
func (l *healingLog) engine() (logStore, error) {
	if l.logs != nil {
		return l.logs, nil
	}
	logs, err := l.open()
	if err != nil {
		return nil, err
	}
	last, err := logs.LastIndex()
	if err == nil && last > l.last {
		err = logs.DeleteRange(l.last+1, last)
	}
	if err != nil {
		return nil, errors.Join(err, logs.Close())
	}
	l.logs = logs
	return logs, nil
}

// with calls fn with the engine.
func (l *healingLog) with(fn func(logs logStore) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	logs, err := l.engine()
	if err != nil {
		return err
	}
	return fn(logs)
}

// failure says why the newest write failed, nil if it didn't.
func (l *healingLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// StoreLog stores one entry.
func (l *healingLog) StoreLog(entry *raft.Log) error { return l.StoreLogs([]*raft.Log{entry}) }

// StoreLogs stores entries, or has the engine opened anew.
func (l *healingLog) StoreLogs(entries []*raft.Log) error {
	if l.failure() != nil {
		time.Sleep(retryWait)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	logs, err := l.engine()
	if err == nil {
		err = logs.StoreLogs(entries)
	}
	if err == nil {
		l.last, l.failed = entries[len(entries)-1].Index, nil
		return nil
	}
	if l.failed == nil {
		l.log.Error("store can't write its journal", "err", err)
	}
	l.failed = err
	if l.logs != nil {
		l.logs.Close()
		l.logs = nil
	}
	return err
}

// DeleteRange deletes entries at the beginning or the end.
func (l *healingLog) DeleteRange(first, last uint64) error {
	return l.with(func(logs logStore) error {
		err := logs.DeleteRange(first, last)
		if err == nil && last >= l.last {
			l.last = first - 1
		}
		return err
	})
}

// FirstIndex returns the index of the first entry, 0 for none.
func (l *healingLog) FirstIndex() (index uint64, err error) {
	err = l.with(func(logs logStore) error { index, err = logs.FirstIndex(); return err })
	return index, err
}

// LastIndex returns the index of the last entry, 0 for none.
func (l *healingLog) LastIndex() (index uint64, err error) {
	err = l.with(func(logs logStore) error { index, err = logs.LastIndex(); return err })
	return index, err
}

// GetLog reads an entry.
func (l *healingLog) GetLog(index uint64, entry *raft.Log) error {
	return l.with(func(logs logStore) error { return logs.GetLog(index, entry) })
}

// Set notes one of raft's values, if it can. Raft ends the process when it
// can't note its term before an election, which follows every failed write. One
// server may forget: it reads the values at its start only, nobody else counts
// its votes, and the term is also in every entry.
func (l *healingLog) Set(key, value []byte) error {
	err := l.with(func(logs logStore) error { return logs.Set(key, value) })
	if err != nil {
		l.log.Warn("store can't note a value", "key", string(key), "err", err)
	}
	return nil
}

// SetUint64 is Set for a number.
func (l *healingLog) SetUint64(key []byte, value uint64) error {
	err := l.with(func(logs logStore) error { return logs.SetUint64(key, value) })
	if err != nil {
		l.log.Warn("store can't note a value", "key", string(key), "err", err)
	}
	return nil
}

// Get reads one of raft's values.
func (l *healingLog) Get(key []byte) (value []byte, err error) {
	err = l.with(func(logs logStore) error { value, err = logs.Get(key); return err })
	return value, err
}

// GetUint64 reads a number.
func (l *healingLog) GetUint64(key []byte) (value uint64, err error) {
	err = l.with(func(logs logStore) error { value, err = logs.GetUint64(key); return err })
	return value, err
}

// Close closes the engine.
func (l *healingLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.logs == nil {
		return nil
	}
	return l.logs.Close()
}
