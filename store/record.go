package store

import (
	"errors"
	"fmt"
)

// recordVersion is the first byte of every record in the journal.
const recordVersion = 1

// record is one transaction in the journal.
type record struct {
	_ struct{} `cbor:",toarray"`
	// Seq counts transactions from 1. A record whose number doesn't follow the
	// state's was built on a transaction that never came to be.
	Seq uint64
	// Attempt is a number that no other record has, by which its writer finds
	// out that it was applied.
	Attempt   uint64
	Mutations []mutation
}

// mutation is the whole new value of one row.
type mutation struct {
	_     struct{} `cbor:",toarray"`
	Table string
	ID    string
	// Row is the encoded row, nil when it is deleted.
	Row []byte
}

var errRecord = errors.New("malformed record")

func (r record) encode() ([]byte, error) {
	data, err := rowEncoding.Marshal(r)
	if err != nil {
		return nil, err
	}
	return append([]byte{recordVersion}, data...), nil
}

func decodeRecord(data []byte) (record, error) {
	var r record
	if len(data) == 0 {
		return r, fmt.Errorf("%w: empty", errRecord)
	}
	if data[0] != recordVersion {
		return r, fmt.Errorf("%w: version %d, this program reads version %d", errRecord, data[0], recordVersion)
	}
	if err := rowDecoding.Unmarshal(data[1:], &r); err != nil {
		return r, fmt.Errorf("%w: %w", errRecord, err)
	}
	return r, nil
}
