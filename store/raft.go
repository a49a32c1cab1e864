package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"kaimon.dev/kaimon/internal/clock"
)

const (
	// serverID is the one server's name in its raft configuration.
	serverID = "1"
	// beat is raft's heartbeat, election and lease time: with one server, how
	// long it waits at its start before it takes the lead.
	beat = 20 * time.Millisecond
	// settleTimeout bounds waiting for the lead to come back, which a failed
	// write takes away.
	settleTimeout = 5 * time.Second
	// trailing is how many entries stay in the journal behind a snapshot.
	trailing = 64
)

// raftJournal is the journal of a server: raft's log, whose entries are synced
// to disk before they are applied.
type raftJournal struct {
	raft *raft.Raft
	fsm  *fsm
	logs *checkedLog
	lock *os.File
	log  *slog.Logger
	// due is how many bytes of records bring about a snapshot; dueAtLeast is
	// what it is while snapshots are small.
	due          atomic.Int64
	dueAtLeast   int64
	snapshotting sync.Mutex // held while a snapshot is made, and after shutdown
	leading      sync.Mutex // held by lead
	// attempt is the newest record's Attempt; it starts anywhere, so that the
	// numbers of two runs differ.
	attempt atomic.Uint64
}

// openRaft begins to lead the journal in a folder that is locked, and returns
// once every entry in it was applied. It closes logs if it fails.
func openRaft(ctx context.Context, opts Options, st *state, logs *checkedLog, lock *os.File) (*raftJournal, error) {
	j := &raftJournal{fsm: &fsm{state: st}, logs: logs, lock: lock, log: opts.Log, dueAtLeast: opts.SnapshotBytes}
	snapshots, newest, err := openSnapshots(opts.Dir, opts.Log)
	if err == nil {
		err = logs.checkExtent(newest.Index)
	}
	if err != nil {
		return nil, errors.Join(err, logs.Close())
	}
	j.setDue(newest.Size)
	j.attempt.Store(binary.BigEndian.Uint64([]byte(clock.Hex(4))))
	if j.raft, err = j.start(snapshots, newest); err != nil {
		return nil, errors.Join(j.explain(err, snapshots, newest), logs.Close())
	}
	err = j.lead(ctx, false)
	if err == nil {
		err = j.fsm.failure()
	}
	if err != nil {
		return nil, errors.Join(err, j.stop())
	}
	return j, nil
}

// start starts raft, which makes this a new one-server cluster if there is none.
func (j *raftJournal) start(snapshots raft.SnapshotStore, newest raft.SnapshotMeta) (*raft.Raft, error) {
	addr, transport := raft.NewInmemTransport(serverID)
	conf := raft.DefaultConfig()
	conf.LocalID = serverID
	conf.HeartbeatTimeout, conf.ElectionTimeout, conf.LeaderLeaseTimeout = beat, beat, beat
	conf.CommitTimeout = 5 * time.Millisecond
	conf.BatchApplyCh = true
	conf.MaxAppendEntries = 256
	conf.TrailingLogs = trailing
	// Snapshots are made by size (see maybeSnapshot), not by count and time.
	conf.SnapshotThreshold = math.MaxUint64
	conf.SnapshotInterval = time.Hour
	conf.Logger = raftLogger(j.log)
	begun, err := j.setTerm(newest)
	if err == nil && !begun {
		err = raft.BootstrapCluster(conf, j.logs, j.logs, snapshots, transport,
			raft.Configuration{Servers: []raft.Server{{ID: conf.LocalID, Address: addr}}})
	}
	if err != nil {
		return nil, err
	}
	return guard(func() (*raft.Raft, error) {
		return raft.NewRaft(conf, j.fsm, j.logs, j.logs, snapshots, transport)
	})
}

// setTerm makes raft's note of its term agree with the entries, should either
// have been written without the other, and reports whether there are any.
func (j *raftJournal) setTerm(newest raft.SnapshotMeta) (begun bool, err error) {
	last, err := j.logs.LastIndex()
	if err != nil {
		return false, err
	}
	term := newest.Term
	if last > 0 {
		var entry raft.Log
		if err := j.logs.GetLog(last, &entry); err != nil {
			return false, err
		}
		term = max(term, entry.Term)
	}
	noted, err := j.logs.GetUint64([]byte("CurrentTerm"))
	if term > 0 && err == nil && noted > term {
		return true, nil
	}
	return term > 0, j.logs.SetUint64([]byte("CurrentTerm"), term)
}

// explain says why raft didn't start. It keeps to itself what is wrong with a
// snapshot.
func (j *raftJournal) explain(err error, snapshots raft.SnapshotStore, newest raft.SnapshotMeta) error {
	if cause := j.fsm.failure(); cause != nil {
		err = cause // a row of the snapshot
	} else if newest.ID != "" {
		_, file, cause := snapshots.Open(newest.ID)
		if cause != nil {
			return fmt.Errorf("store: %s: %w", filepath.Join(j.logs.dir, "snapshots", newest.ID), cause)
		}
		file.Close()
	}
	return fmt.Errorf("store: %s: %w", j.logs.dir, err)
}

// lead returns once this server leads and has applied every entry. Unless it is
// patient it gives up while the disk refuses writes.
func (j *raftJournal) lead(ctx context.Context, patient bool) error {
	j.leading.Lock()
	defer j.leading.Unlock()
	for {
		if j.raft.State() == raft.Leader {
			err := j.raft.Barrier(0).Error()
			if err == nil || errors.Is(err, raft.ErrRaftShutdown) {
				return err
			}
		}
		if err := j.logs.failure(); err != nil && !patient {
			return fmt.Errorf("store: journal: %w", err)
		}
		select {
		case <-j.raft.LeaderCh():
		case <-ctx.Done():
			return fmt.Errorf("store: no leader: %w", ctx.Err())
		}
	}
}

func (j *raftJournal) settle() error {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	return j.lead(ctx, false)
}

func (j *raftJournal) propose(r record) (func() error, error) {
	r.Attempt = j.attempt.Add(1)
	data, err := r.encode()
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	done := new(atomic.Bool)
	j.fsm.attempts.Store(r.Attempt, done)
	future := j.raft.Apply(data, 0)
	return func() error {
		defer j.fsm.attempts.Delete(r.Attempt)
		err := future.Error()
		if err == nil {
			j.maybeSnapshot()
			err, _ = future.Response().(error)
			return err
		}
		return j.resolve(err, done)
	}, nil
}

// resolve tells what became of a record whose future failed. A lead that is
// lost because a later write failed says nothing of it: it may be on disk, and
// will be applied when the lead is back. Other errors are of records that
// aren't, and won't be.
func (j *raftJournal) resolve(err error, done *atomic.Bool) error {
	cause := j.logs.failure()
	if errors.Is(err, raft.ErrLeadershipLost) {
		ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
		defer cancel()
		if err := j.lead(ctx, true); err != nil && !done.Load() {
			return fmt.Errorf("store: journal: %w: %w", ErrUnknown, errors.Join(cause, err))
		}
		if done.Load() {
			return nil
		}
	}
	if cause != nil {
		err = cause
	}
	return fmt.Errorf("store: journal: %w", err)
}

// close stops raft and frees the folder.
func (j *raftJournal) close() error { return errors.Join(j.stop(), j.lock.Close()) }

func (j *raftJournal) stop() error {
	j.snapshotting.Lock() // for good
	return errors.Join(j.raft.Shutdown().Error(), j.logs.Close())
}
