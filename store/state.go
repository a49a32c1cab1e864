package store

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/go-memdb"
)

// errStale answers a record that was built on a transaction that never came to be.
var errStale = errors.New("store: transaction built on one that failed")

// keptTable holds the rows of tables that this program doesn't know, so that a
// newer or older one finds them again.
const keptTable = "store.kept"

// kept is a row of an unknown table.
type kept struct {
	Table, ID string
	Row       []byte
}

func keptID(table, id string) string { return table + "\x00" + id }

var keptRows = NewTable(keptTable, func(k *kept) string { return keptID(k.Table, k.ID) })

// state is the published rows, and the number of the transaction that made them so.
type state struct {
	db     *memdb.MemDB
	tables map[string]AnyTable
	seq    atomic.Uint64 // follows the publication
	feeds  feeds
}

func newState(tables []AnyTable) (*state, error) {
	s := &state{tables: map[string]AnyTable{}}
	schema := &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{keptTable: keptRows.schema()}}
	for _, t := range tables {
		if t.Name() == "" || strings.ContainsRune(t.Name(), 0) {
			return nil, fmt.Errorf("store: a table can't be named %q", t.Name())
		}
		if _, ok := schema.Tables[t.Name()]; ok {
			return nil, fmt.Errorf("store: two tables are named %q", t.Name())
		}
		s.tables[t.Name()] = t
		schema.Tables[t.Name()] = t.schema()
	}
	db, err := memdb.NewMemDB(schema)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s.db = db
	return s, nil
}

// apply publishes records in order, all at once, and returns what became of each.
func (s *state) apply(records []record) []error {
	errs := make([]error, len(records))
	var changes []Change
	seq := s.seq.Load()
	txn := s.db.Txn(true)
	defer txn.Abort() // nothing, after Commit
	for i, r := range records {
		if r.Seq != seq+1 {
			errs[i] = errStale
			continue
		}
		seq = r.Seq
		for _, m := range r.Mutations {
			if err := s.set(txn, m); err != nil {
				errs[i] = errors.Join(errs[i], err)
			}
			changes = append(changes, Change{Table: m.Table, ID: m.ID})
		}
	}
	txn.Commit()
	s.seq.Store(seq)
	s.feeds.publish(changes)
	return errs
}

// set carries out one mutation.
func (s *state) set(txn *memdb.Txn, m mutation) error {
	table, known := s.tables[m.Table]
	name, id := m.Table, m.ID
	if !known {
		name, id = keptTable, keptID(m.Table, m.ID)
	}
	if m.Row == nil {
		row, err := txn.First(name, idIndex, id)
		if err != nil || row == nil {
			return err
		}
		return txn.Delete(name, row)
	}
	if !known {
		return txn.Insert(name, &kept{Table: m.Table, ID: m.ID, Row: m.Row})
	}
	return table.insert(txn, m.ID, m.Row)
}
