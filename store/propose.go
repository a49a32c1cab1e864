package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

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
	if len(data) > recordLimit {
		return nil, fmt.Errorf("store: a transaction of %d bytes is too large, the limit is %d", len(data), recordLimit)
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

func (j *raftJournal) failure() error { return j.logs.failure() }

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
