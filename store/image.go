package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/go-memdb"
)

// imageVersion is the first item of every snapshot file.
const imageVersion = 1

// image is the state at one moment, on its way into a snapshot file: CBOR items
// one after the other, the version, the number of the newest transaction, every
// row as a mutation, and a mutation without a table to mark the end.
type image struct {
	txn    *memdb.Txn
	tables map[string]AnyTable
	seq    uint64
}

// image is the newest state. Its seq is right only between two applies, which
// is when raft asks for a snapshot.
func (s *state) image() *image {
	return &image{txn: s.db.Txn(false), tables: s.tables, seq: s.seq.Load()}
}

func (im *image) writeTo(w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 1<<18)
	out := rowEncoding.NewEncoder(buffered)
	if err := errors.Join(out.Encode(imageVersion), out.Encode(im.seq)); err != nil {
		return err
	}
	for m, err := range im.rows() {
		if err == nil {
			err = out.Encode(m)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Encode(mutation{}); err != nil {
		return err
	}
	return buffered.Flush()
}

// rows yields every row, those of unknown tables included.
func (im *image) rows() iter.Seq2[mutation, error] {
	return func(yield func(mutation, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(im.tables)) {
			rows, err := im.txn.Get(name, idIndex)
			if err != nil {
				yield(mutation{}, err)
				return
			}
			for row := rows.Next(); row != nil; row = rows.Next() {
				data, err := encodeRow(row)
				if !yield(mutation{Table: name, ID: im.tables[name].idOf(row), Row: data}, err) {
					return
				}
			}
		}
		for k := range keptRows.All(&Snapshot{im.txn}) {
			if !yield(mutation{Table: k.Table, ID: k.ID, Row: k.Row}, nil) {
				return
			}
		}
	}
}

// restore replaces every row by those of a snapshot file, and wakes whoever
// watches one.
func (s *state) restore(r io.Reader) error {
	txn := s.db.Txn(true)
	defer txn.Abort() // nothing, after Commit
	for name := range s.db.DBSchema().Tables {
		if _, err := txn.DeleteAll(name, idIndex); err != nil {
			return err
		}
	}
	in := rowDecoding.NewDecoder(bufio.NewReaderSize(r, 1<<18))
	var version, seq uint64
	if err := errors.Join(in.Decode(&version), in.Decode(&seq)); err != nil {
		return fmt.Errorf("store: snapshot: %w", err)
	}
	if version != imageVersion {
		return fmt.Errorf("store: snapshot of version %d, this program reads version %d", version, imageVersion)
	}
	if err := s.readRows(in, txn); err != nil {
		return err
	}
	txn.Commit()
	s.seq.Store(seq)
	return nil
}

func (s *state) readRows(in *cbor.Decoder, txn *memdb.Txn) error {
	for {
		var m mutation
		if err := in.Decode(&m); err != nil {
			return fmt.Errorf("store: snapshot: %w", err)
		}
		if m.Table == "" {
			return nil
		}
		if err := s.set(txn, m); err != nil {
			return err
		}
	}
}
