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
	// recordLimit keeps a record well within raft-wal's 64 MiB.
	recordLimit = 32 << 20
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
	begun = term > 0
	noted, err := j.logs.GetUint64([]byte("CurrentTerm"))
	if err != nil {
		noted = 0 // boltdb's way to say that there is none
	}
	if begun && noted >= term || !begun && noted == 0 {
		return begun, nil
	}
	return begun, j.logs.SetUint64([]byte("CurrentTerm"), term)
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

// close stops raft and frees the folder.
func (j *raftJournal) close() error { return errors.Join(j.stop(), j.lock.Close()) }

func (j *raftJournal) stop() error {
	j.snapshotting.Lock() // for good
	return errors.Join(j.raft.Shutdown().Error(), j.logs.Close())
}
