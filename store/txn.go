package store

import "github.com/hashicorp/go-memdb"

// Reader is what tables are read through: a *Snapshot or a *Txn.
type Reader interface {
	reader() *memdb.Txn
}

// Snapshot is the published state at one moment. It never changes, costs
// nothing to hold for a while, and may be read by many goroutines.
type Snapshot struct {
	txn *memdb.Txn
}

func (s *Snapshot) reader() *memdb.Txn { return s.txn }

// Txn is a transaction under way: it reads the newest state, with what it has
// itself put and deleted, and is valid until its function returns.
type Txn struct {
	txn       *memdb.Txn
	mutations []mutation
	err       error
}

func (tx *Txn) reader() *memdb.Txn { return tx.txn }

func (tx *Txn) record(m mutation) { tx.mutations = append(tx.mutations, m) }

// fail dooms the transaction; the first reason stands.
func (tx *Txn) fail(err error) {
	if tx.err == nil {
		tx.err = err
	}
}
