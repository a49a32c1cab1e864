package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// maybeSnapshot begins a snapshot when so many bytes were journalled since the
// last one that writing everything anew is a small part of the work; that also
// bounds the journal.
func (j *raftJournal) maybeSnapshot() {
	if j.fsm.applied.Load() < j.due.Load() || !j.snapshotting.TryLock() {
		return
	}
	go func() {
		defer j.snapshotting.Unlock()
		if err := j.snapshot(); err != nil {
			j.log.Error("store snapshot failed", "err", err)
		}
	}()
}

// snapshot writes the state and deletes the entries that it replaces.
func (j *raftJournal) snapshot() error {
	future := j.raft.Snapshot()
	if err := future.Error(); err != nil {
		return err
	}
	meta, file, err := future.Open()
	if err != nil {
		return err
	}
	j.setDue(meta.Size)
	return file.Close()
}

func (j *raftJournal) setDue(snapshotSize int64) { j.due.Store(max(j.dueAtLeast, snapshotSize)) }

// openSnapshots returns the snapshots and the newest one's description.
func openSnapshots(dir string, log *slog.Logger) (raft.SnapshotStore, raft.SnapshotMeta, error) {
	// What a killed server left half-written.
	torn, err := filepath.Glob(filepath.Join(dir, "snapshots", "*.tmp"))
	for _, dir := range torn {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		return nil, raft.SnapshotMeta{}, fmt.Errorf("store: %w", err)
	}
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(dir, 1, raftLogger(log))
	if err != nil {
		return nil, raft.SnapshotMeta{}, fmt.Errorf("store: %s: %w", dir, err)
	}
	list, err := snapshots.List()
	if err != nil {
		return nil, raft.SnapshotMeta{}, fmt.Errorf("store: %s: %w", dir, err)
	}
	if len(list) == 0 {
		return snapshots, raft.SnapshotMeta{}, nil
	}
	return snapshots, *list[0], nil
}
