package store

import (
	"context"
	"sync"
)

// Update runs fn as a transaction. Writers take turns; fn runs once, and sees
// the newest state, with transactions before it that are still on their way to
// disk. An error of fn changes nothing and is returned as it is. Otherwise
// Update returns once the transaction, and every one that it could see, is
// durable and published, or failed.
//
// ctx bounds the wait for the turn only: a transaction that was handed in is
// waited for, so that its outcome is known.
func (s *Store) Update(ctx context.Context, fn func(tx *Txn) error) error {
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
	f, err := s.stage(fn)
	if err != nil || f == nil {
		return err
	}
	if err := f.wait(); err != nil {
		s.failed.Store(true)
		return err
	}
	return nil
}

// stage runs fn against the pending state and proposes what it did. It returns
// the flight to wait for, if any. The caller holds the writer's turn; stage
// ends it.
func (s *Store) stage(fn func(tx *Txn) error) (*flight, error) {
	defer func() { <-s.writer }()
	if err := s.rebase(); err != nil {
		return nil, err
	}
	tx := &Txn{txn: s.pending.Txn(true)}
	defer tx.txn.Abort() // nothing, after Commit
	if err := fn(tx); err != nil {
		return nil, err
	}
	if tx.err != nil {
		return nil, tx.err
	}
	if len(tx.mutations) == 0 {
		return s.last, nil // what fn saw must be durable before its caller speaks of it
	}
	wait, err := s.journal.propose(record{Seq: s.seq + 1, Mutations: tx.mutations})
	if err != nil {
		return nil, err
	}
	tx.txn.Commit()
	s.seq++
	s.last = &flight{wait: sync.OnceValue(wait)}
	return s.last, nil
}

// rebase makes pending the newest state. While transactions are in flight it
// is already; with none, the published rows are; after a failure it waits until
// no transaction is in flight any more, and drops what was built on the failed one.
func (s *Store) rebase() error {
	if s.failed.Load() {
		if err := s.journal.settle(); err != nil {
			return err
		}
		s.failed.Store(false)
	} else if s.state.seq.Load() < s.seq {
		return nil
	}
	s.pending, s.seq, s.last = s.state.db.Snapshot(), s.state.seq.Load(), nil
	return nil
}
