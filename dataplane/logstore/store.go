package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"kaimon.dev/kaimon/internal/logline"
)

const (
	memoryTable = 16 << 20
	cacheSize   = 32 << 20
	// setAside is how many sequence numbers are reserved at once.
	setAside = 1 << 24
)

// Store is the engine. All methods may be called concurrently.
type Store struct {
	db *pebble.DB

	mu             sync.Mutex
	next, reserved uint64 // sequence numbers
}

// Options are where a store lies and who hears of its troubles.
type Options struct {
	// Dir is the folder of the store; "" keeps it in memory, for tests.
	Dir string
	// Log gets what the engine reports; slog.Default() if nil.
	Log *slog.Logger
}

// Open opens the store, and makes it if it isn't there.
func Open(o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	opts := &pebble.Options{
		MemTableSize: memoryTable, CacheSize: cacheSize,
		FormatMajorVersion: pebble.FormatNewest,
		Logger:             engineLog{o.Log},
	}
	for i := range opts.Levels {
		opts.Levels[i].BlockSize = blockSize
	}
	// Fast compression for what is new, zstd for what has come to rest.
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionBalanced })
	if o.Dir == "" {
		opts.FS = vfs.NewMem()
	}
	db, err := pebble.Open(o.Dir, opts)
	if err != nil {
		return nil, fmt.Errorf("logstore: %w", err)
	}
	s := &Store{db: db}
	if s.next, err = s.number([]byte{sequenceKey}); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.reserved = s.next
	return s, nil
}

// Close makes everything durable and closes the store.
func (s *Store) Close() error { return s.db.Close() }

// number reads a number, 0 if it was never written.
func (s *Store) number(key []byte) (uint64, error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	if len(v) != 8 {
		return 0, errDamaged
	}
	return binary.BigEndian.Uint64(v), nil
}

// sequence returns the first of n numbers that no event had before, also not
// before a crash.
func (s *Store) sequence(n int) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next+uint64(n) > s.reserved {
		end := s.next + uint64(n) + setAside
		if err := s.db.Set([]byte{sequenceKey}, binary.BigEndian.AppendUint64(nil, end), pebble.Sync); err != nil {
			return 0, err
		}
		s.reserved = end
	}
	first := s.next
	s.next += uint64(n)
	return first, nil
}

// Append adds events to a stream, those of one millisecond in their order, and
// moves the mark. It returns once they are durable; then readers see them, all
// or none. Calls at the same time share one write to the disk.
func (s *Store) Append(to logline.Stream, events []logline.Event, mark logline.Mark) error {
	first, err := s.sequence(len(events))
	if err != nil {
		return err
	}
	events = sorted(events)
	size := 64
	for _, e := range events {
		size += len(e.Message) + 16
	}
	b := s.db.NewBatchWithSize(size)
	defer b.Close()
	var value []byte
	for len(events) > 0 {
		var n int
		n, value = nextBlock(value[:0], events)
		if err := b.Set(keyAt(to, place{events[0].Time, first}), value, nil); err != nil {
			return err
		}
		events, first = events[n:], first+uint64(n)
	}
	if mark.Source != "" {
		if err := b.Set(markOf(mark.Source), binary.BigEndian.AppendUint64(nil, uint64(mark.Position)), nil); err != nil {
			return err
		}
	}
	return b.Commit(pebble.Sync)
}

func markOf(source string) []byte { return append([]byte{markKey}, source...) }

// Mark returns how much of a source has been taken, 0 for one that is unknown.
func (s *Store) Mark(source string) (int64, error) {
	n, err := s.number(markOf(source))
	return int64(n), err
}

// Forget drops a source's mark.
func (s *Store) Forget(source string) error { return s.db.Delete(markOf(source), pebble.NoSync) }

// DeleteGroup deletes every event of a group.
func (s *Store) DeleteGroup(group uint64) error { return s.deletePrefix(groupPrefix(group)) }

// DeleteStream deletes every event of a stream.
func (s *Store) DeleteStream(stream logline.Stream) error {
	return s.deletePrefix(streamPrefix(stream))
}

func (s *Store) deletePrefix(p []byte) error { return s.db.DeleteRange(p, endOf(p), pebble.Sync) }

// Expire deletes the events of a stream from before a time, to the second: what
// shares a block with later ones stays with them.
func (s *Store) Expire(stream logline.Stream, before int64) error {
	return s.db.DeleteRange(streamPrefix(stream), keyAt(stream, place{time: slotOf(before)}), pebble.Sync)
}

// Size estimates the bytes on disk of a group.
func (s *Store) Size(group uint64) (int64, error) {
	p := groupPrefix(group)
	n, err := s.db.EstimateDiskUsage(p, endOf(p))
	return int64(n), err
}
