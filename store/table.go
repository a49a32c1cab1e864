package store

import (
	"fmt"
	"iter"
	"reflect"

	"github.com/hashicorp/go-memdb"
)

const (
	idIndex  = "id"
	idPrefix = "id_prefix"
)

// Table holds the rows of one type, by id. It is a description only: the rows
// are in a Store, and read through a Reader of it.
type Table[T any] struct {
	name    string
	id      func(*T) string
	indexes []Index[T]
}

// AnyTable is a *Table[T] of any T.
type AnyTable interface {
	// Name is the table's name in the journal ("ecs.tasks"). It never changes.
	Name() string

	schema() *memdb.TableSchema
	idOf(row any) string
	// insert puts an encoded row, which must have the given id.
	insert(txn *memdb.Txn, id string, data []byte) error
}

// NewTable describes a table. It panics when T holds something that the journal
// couldn't give back, such as an interface or an unexported field.
func NewTable[T any](name string, id func(*T) string, indexes ...Index[T]) *Table[T] {
	if err := storable(reflect.TypeFor[T]()); err != nil {
		panic(fmt.Sprintf("store: table %s: %v", name, err))
	}
	return &Table[T]{name: name, id: id, indexes: indexes}
}

// Name is the table's name in the journal.
func (t *Table[T]) Name() string { return t.name }

// Get returns the row of an id. The row is shared: copy before change.
func (t *Table[T]) Get(r Reader, id string) (*T, bool) {
	row, err := r.reader().First(t.name, idIndex, id)
	t.must(err)
	if row == nil {
		return nil, false
	}
	return row.(*T), true
}

// All yields every row in order of id.
func (t *Table[T]) All(r Reader) iter.Seq[*T] { return t.seq(r, idIndex) }

// By yields the rows that an index has under a key, in order of id.
func (t *Table[T]) By(r Reader, index, key string) iter.Seq[*T] { return t.seq(r, index, key) }

// Prefix yields the rows whose id begins with a prefix, in order of id.
func (t *Table[T]) Prefix(r Reader, prefix string) iter.Seq[*T] { return t.seq(r, idPrefix, prefix) }

func (t *Table[T]) seq(r Reader, index string, args ...any) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		rows, err := r.reader().Get(t.name, index, args...)
		t.must(err)
		for row := rows.Next(); row != nil; row = rows.Next() {
			if !yield(row.(*T)) {
				return
			}
		}
	}
}

// Put inserts a row, or replaces the one with the same id.
func (t *Table[T]) Put(tx *Txn, row T) {
	id := t.id(&row)
	data, err := encodeRow(&row)
	if err == nil {
		err = t.insert(tx.txn, id, data)
	}
	if err != nil {
		tx.fail(err)
		return
	}
	tx.record(mutation{Table: t.name, ID: id, Row: data})
}

// Delete removes the row of an id and reports whether there was one.
func (t *Table[T]) Delete(tx *Txn, id string) bool {
	row, ok := t.Get(tx, id)
	if !ok {
		return false
	}
	t.must(tx.txn.Delete(t.name, row))
	tx.record(mutation{Table: t.name, ID: id})
	return true
}

// Watch returns a channel that is closed once the row of an id, or its absence,
// is no longer what the snapshot shows. It may also be closed early, by a
// neighbouring row: look again.
func (t *Table[T]) Watch(r *Snapshot, id string) <-chan struct{} {
	changed, _, err := r.txn.FirstWatch(t.name, idIndex, id)
	t.must(err)
	return changed
}

// WatchAll returns a channel that is closed once any row of the table is no
// longer what the snapshot shows.
func (t *Table[T]) WatchAll(r *Snapshot) <-chan struct{} {
	rows, err := r.txn.Get(t.name, idIndex)
	t.must(err)
	return rows.WatchCh()
}

// must panics on what only a mistake in the program brings about: a table that
// wasn't given to Open, an index that wasn't declared.
func (t *Table[T]) must(err error) {
	if err != nil {
		panic(fmt.Sprintf("store: table %s: %v", t.name, err))
	}
}

func (t *Table[T]) schema() *memdb.TableSchema {
	indexes := map[string]*memdb.IndexSchema{idIndex: {
		Name: idIndex, Unique: true,
		Indexer: idIndexer{t.idOf},
	}}
	for _, index := range t.indexes {
		indexes[index.Name] = &memdb.IndexSchema{
			Name: index.Name, AllowMissing: true,
			Indexer: keysIndexer{func(row any) []string { return index.Keys(row.(*T)) }},
		}
	}
	return &memdb.TableSchema{Name: t.name, Indexes: indexes}
}

func (t *Table[T]) idOf(row any) string { return t.id(row.(*T)) }

// insert decodes the row, also when it was encoded a moment ago: what is
// published is what the journal gives back, and nobody else points into it.
func (t *Table[T]) insert(txn *memdb.Txn, id string, data []byte) error {
	row := new(T)
	err := decodeRow(data, row)
	if got := t.id(row); err == nil && got != id {
		err = fmt.Errorf("comes back as row %q", got)
	}
	if err == nil {
		err = txn.Insert(t.name, row)
	}
	if err != nil {
		return fmt.Errorf("store: table %s: row %q: %w", t.name, id, err)
	}
	return nil
}
