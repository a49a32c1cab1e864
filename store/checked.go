package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checkedLog gives every entry a checksum, which no engine verifies of its own
// accord, and remembers how far the journal went: an engine takes damage near
// the end of its file for a write that a crash cut short, and forgets what
// follows, acknowledged or not.
type checkedLog struct {
	*healingLog
	dir    string
	engine Engine
	tail   *os.File
}

// tailLen is an index, and the checksum of its bytes.
const tailLen = 8 + 4

// openLogs opens a store's journal.
func openLogs(dir string, engine Engine, log *slog.Logger) (*checkedLog, error) {
	return newChecked(dir, engine, log, func() (logStore, error) { return openEngine(dir, engine, log) })
}

func newChecked(dir string, engine Engine, log *slog.Logger, open func() (logStore, error)) (*checkedLog, error) {
	logs, err := openHealing(open, log)
	if err != nil {
		return nil, err
	}
	tail, err := os.OpenFile(filepath.Join(dir, "tail"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), logs.Close())
	}
	return &checkedLog{healingLog: logs, dir: dir, engine: engine, tail: tail}, nil
}

func (l *checkedLog) StoreLog(entry *raft.Log) error { return l.StoreLogs([]*raft.Log{entry}) }

func (l *checkedLog) StoreLogs(entries []*raft.Log) error {
	if len(entries) == 0 {
		return nil
	}
	checked := make([]*raft.Log, len(entries))
	for i, entry := range entries {
		c := *entry // raft's own stays as it is
		c.Extensions = checksum(entry)
		checked[i] = &c
	}
	if err := l.healingLog.StoreLogs(checked); err != nil {
		return err
	}
	if err := l.setTail(entries[len(entries)-1].Index); err != nil {
		l.log.Error("store can't note its journal's end", "err", err) // which lags behind, then
	}
	return nil
}

// DeleteRange also takes the tail back when the journal's end is deleted.
func (l *checkedLog) DeleteRange(first, last uint64) error {
	end, err := l.LastIndex()
	if err != nil {
		return err
	}
	if last >= end && first > 0 {
		if err := l.setTail(first - 1); err != nil {
			return err
		}
	}
	return l.healingLog.DeleteRange(first, last)
}

func (l *checkedLog) GetLog(index uint64, entry *raft.Log) error {
	err := l.healingLog.GetLog(index, entry)
	if err == nil && (entry.Index != index || string(entry.Extensions) != string(checksum(entry))) {
		err = errors.New("checksum mismatch")
	}
	if err != nil && !errors.Is(err, raft.ErrLogNotFound) {
		return fmt.Errorf("%s: entry %d is damaged: %w", segmentOf(l.dir, l.engine, index), index, err)
	}
	entry.Extensions = nil
	return err
}

// checkExtent says whether the journal, which follows a snapshot, has a
// beginning and an end that are not what was written.
func (l *checkedLog) checkExtent(snapshot uint64) error {
	first, err := l.FirstIndex()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	last, err := l.LastIndex()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if first > snapshot+1 {
		return fmt.Errorf("store: %s: the journal begins with entry %d, the newest readable snapshot ends with %d: a snapshot is missing or damaged",
			filepath.Join(l.dir, "snapshots"), first, snapshot)
	}
	if tail := l.readTail(); max(last, snapshot) < tail {
		return fmt.Errorf("store: %s: ends with entry %d, but entry %d had been written: it is damaged",
			segmentOf(l.dir, l.engine, last+1), max(last, snapshot), tail)
	}
	return nil
}

// setTail notes the journal's last entry. It isn't synced, because a note that
// lags behind does no harm; a killed process leaves it as it is.
func (l *checkedLog) setTail(index uint64) error {
	note := binary.BigEndian.AppendUint64(make([]byte, 0, tailLen), index)
	note = binary.BigEndian.AppendUint32(note, crc32.Checksum(note, castagnoli))
	_, err := l.tail.WriteAt(note, 0)
	return err
}

// readTail returns the noted last entry, 0 if there is no legible note.
func (l *checkedLog) readTail() uint64 {
	note := make([]byte, tailLen)
	if _, err := l.tail.ReadAt(note, 0); err != nil {
		return 0
	}
	if binary.BigEndian.Uint32(note[8:]) != crc32.Checksum(note[:8], castagnoli) {
		return 0
	}
	return binary.BigEndian.Uint64(note)
}

func (l *checkedLog) Close() error { return errors.Join(l.healingLog.Close(), l.tail.Close()) }

// checksum covers all of an entry that means something.
func checksum(entry *raft.Log) []byte {
	head := binary.BigEndian.AppendUint64(make([]byte, 0, 17), entry.Index)
	head = binary.BigEndian.AppendUint64(head, entry.Term)
	head = append(head, byte(entry.Type))
	sum := crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, entry.Data)
	return binary.BigEndian.AppendUint32(nil, sum)
}
