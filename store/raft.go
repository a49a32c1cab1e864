package store

import (
	"context"
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
)

const (
	// serverID is the one server's name in its raft configuration.
	serverID = "1"
	// beat is raft's heartbeat, election and lease time: with one server, how
	// long it waits at its start before it takes the lead.
	beat = 20 * time.Millisecond
	// settleTimeout bounds waiting for the lead to come back, which a failed
	// write takes away.
	settleTimeout = 10 * time.Second
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
}

// openRaft opens the journal in a folder that is locked, and returns once every
// entry in it was applied.
func openRaft(ctx context.Context, opts Options, st *state, lock *os.File) (*raftJournal, error) {
	snapshots, newest, err := openSnapshots(opts.Dir, opts.Log)
	if err != nil {
		return nil, err
	}
	engine, err := openEngine(opts.Dir, opts.Engine, opts.Log)
	if err != nil {
		return nil, err
	}
	logs, err := openChecked(opts.Dir, opts.Engine, engine)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	j := &raftJournal{fsm: &fsm{state: st}, logs: logs, lock: lock, log: opts.Log, dueAtLeast: opts.SnapshotBytes}
	j.setDue(newest.Size)
	if err := logs.checkExtent(newest.Index); err != nil {
		return nil, errors.Join(err, logs.Close())
	}
	if j.raft, err = j.start(snapshots); err != nil {
		return nil, errors.Join(j.explain(err, snapshots, newest), logs.Close())
	}
	err = j.lead(ctx)
	if err == nil {
		err = j.fsm.failure()
	}
	if err != nil {
		return nil, errors.Join(err, j.stop())
	}
	return j, nil
}

// start starts raft, which makes this a new one-server cluster if there is none.
func (j *raftJournal) start(snapshots raft.SnapshotStore) (*raft.Raft, error) {
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
	exists, err := raft.HasExistingState(j.logs, j.logs, snapshots)
	if err == nil && !exists {
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

// lead returns once this server leads and has applied every entry. Only one
// goroutine may call it at a time.
func (j *raftJournal) lead(ctx context.Context) error {
	for {
		if j.raft.State() == raft.Leader {
			err := j.raft.Barrier(0).Error()
			if err == nil || errors.Is(err, raft.ErrRaftShutdown) {
				return err
			}
		}
		select {
		case <-j.raft.LeaderCh():
		case <-ctx.Done():
			return fmt.Errorf("store: no leader: %w", ctx.Err())
		}
	}
}

func (j *raftJournal) propose(data []byte) func() error {
	future := j.raft.Apply(data, 0)
	return func() error {
		if err := future.Error(); err != nil {
			return fmt.Errorf("store: journal: %w", err)
		}
		j.maybeSnapshot()
		if err, ok := future.Response().(error); ok {
			return err
		}
		return nil
	}
}

func (j *raftJournal) settle() error {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	return j.lead(ctx)
}

// close stops raft and frees the folder.
func (j *raftJournal) close() error { return errors.Join(j.stop(), j.lock.Close()) }

func (j *raftJournal) stop() error {
	j.snapshotting.Lock() // for good
	return errors.Join(j.raft.Shutdown().Error(), j.logs.Close())
}
