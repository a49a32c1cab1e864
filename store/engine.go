package store

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	wal "github.com/hashicorp/raft-wal"
	"go.etcd.io/bbolt"
)

// Engine is what the journal's entries are kept in. A store stays with the one
// that it was begun with.
type Engine string

const (
	// WAL is hashicorp/raft-wal: segment files that are only appended to.
	WAL Engine = "wal"
	// BoltDB is hashicorp/raft-boltdb: one B+ tree file; half as fast, older.
	BoltDB Engine = "boltdb"
)

// segmentBytes is the size of a WAL segment, which is allocated at once and
// deleted whole.
const segmentBytes = 16 << 20

// logStore is what an engine gives: the journal, and raft's own few values.
type logStore interface {
	raft.LogStore
	raft.StableStore
	io.Closer
}

// openEngine opens the journal's entries in a folder of the store's that has
// the engine's name.
func openEngine(dir string, engine Engine, log *slog.Logger) (logStore, error) {
	for _, other := range []Engine{WAL, BoltDB} {
		if other == engine {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, string(other))); err == nil {
			return nil, fmt.Errorf("store: %s was written with engine %q, not %q", dir, other, engine)
		}
	}
	dir = filepath.Join(dir, string(engine))
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var logs logStore
	var err error
	switch engine {
	case WAL:
		logs, err = guard(func() (logStore, error) {
			return wal.Open(dir, wal.WithSegmentSize(segmentBytes), wal.WithLogger(raftLogger(log)))
		})
	case BoltDB:
		logs, err = guard(func() (logStore, error) {
			return raftboltdb.New(raftboltdb.Options{
				Path:        filepath.Join(dir, "journal.db"),
				BoltOptions: &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoFreelistSync: true},
			})
		})
	default:
		return nil, fmt.Errorf("store: unknown engine %q", engine)
	}
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", dir, err)
	}
	return logs, nil
}

// guard makes an error of a panic: raft and the engines panic over damage that
// they find in their files.
func guard[T any](fn func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			if cause, ok := p.(error); ok {
				err = cause
			} else {
				err = fmt.Errorf("%v", p)
			}
		}
	}()
	return fn()
}

// segmentOf names the file that holds an entry, for error messages.
func segmentOf(dir string, engine Engine, index uint64) string {
	dir = filepath.Join(dir, string(engine))
	if engine == BoltDB {
		return filepath.Join(dir, "journal.db")
	}
	file := dir
	names, _ := fs.Glob(os.DirFS(dir), "*.wal") // in order of their first entries
	for _, name := range names {
		var first uint64
		if _, err := fmt.Sscanf(name, "%d-", &first); err == nil && first <= index {
			file = filepath.Join(dir, name)
		}
	}
	return file
}

// raftLogger passes on errors of raft and the engines. Their warnings are of
// elections, which every start has.
func raftLogger(log *slog.Logger) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: "store", Level: hclog.Error, DisableTime: true, Output: logWriter{log}})
}

type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(line []byte) (int, error) {
	w.log.Error("store journal", "said", strings.TrimSpace(string(line)))
	return len(line), nil
}
