package store

import (
	"errors"
	"strings"
)

// Index finds the rows of a table by a key that several rows may share.
type Index[T any] struct {
	Name string
	// Keys gives the zero or more keys that a row is found under.
	Keys func(*T) []string
}

// terminator ends a key inside the radix trees, so that "a" isn't found as a
// prefix of "ab".
const terminator = 0

// escaper frees a key of the terminator and keeps the order of keys.
var escaper = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")

func prefixKey(key string) []byte {
	if strings.IndexByte(key, 0) < 0 && strings.IndexByte(key, 1) < 0 {
		return append(make([]byte, 0, len(key)+64), key...)
	}
	return []byte(escaper.Replace(key))
}

func exactKey(key string) []byte { return append(prefixKey(key), terminator) }

// idKey is exactKey of an id: nothing is put behind it, so it needs no room.
func idKey(id string) []byte {
	if strings.IndexByte(id, 0) < 0 && strings.IndexByte(id, 1) < 0 {
		return append(append(make([]byte, 0, len(id)+1), id...), terminator)
	}
	return exactKey(id)
}

var errNoID = errors.New("row without an id")

// idIndexer is the unique index of a table by its rows' ids.
type idIndexer struct {
	id func(row any) string
}

func (x idIndexer) FromObject(row any) (bool, []byte, error) {
	id := x.id(row)
	if id == "" {
		return false, nil, errNoID
	}
	return true, idKey(id), nil
}

func (idIndexer) FromArgs(args ...any) ([]byte, error) { return idKey(args[0].(string)), nil }

func (idIndexer) PrefixFromArgs(args ...any) ([]byte, error) {
	return prefixKey(args[0].(string)), nil
}

// keysIndexer is an Index as go-memdb wants it.
type keysIndexer struct {
	keys func(row any) []string
}

func (x keysIndexer) FromObject(row any) (bool, [][]byte, error) {
	keys := x.keys(row)
	if len(keys) == 0 {
		return false, nil, nil
	}
	out := make([][]byte, len(keys))
	for i, key := range keys {
		out[i] = exactKey(key)
	}
	return true, out, nil
}

func (keysIndexer) FromArgs(args ...any) ([]byte, error) { return exactKey(args[0].(string)), nil }
