package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kaimon.dev/kaimon/runtime"
)

// records keeps one file per task. Environment and secrets are in it, so only
// the owner may read it. It is written by rename, so a reader sees the old or
// the new one; it is not synced: it has to survive this process, while a crash
// of the machine takes the containers along.
type records struct{ dir string }

// record is what is in a file.
type record struct {
	Spec  json.RawMessage
	State state
}

const recordSuffix = ".json"

var validID = regexp.MustCompile(`^[0-9A-Za-z-]{1,128}$`)

func openRecords(dir string) (records, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return records{}, fmt.Errorf("task records: %w", err)
	}
	return records{dir}, nil
}

func (r records) path(id string) string { return filepath.Join(r.dir, id+recordSuffix) }

func (r records) save(id string, data []byte) error {
	tmp := filepath.Join(r.dir, id+".tmp")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("record task %s: %w", id, err)
	}
	if err := os.Rename(tmp, r.path(id)); err != nil {
		return fmt.Errorf("record task %s: %w", id, err)
	}
	return nil
}

func (r records) remove(id string) error {
	if err := os.Remove(r.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the record of task %s: %w", id, err)
	}
	return nil
}

// load reads every record. Those that can't be read are set aside and named in
// the second result: one bad file must not keep the others from running.
func (r records) load() ([]loaded, []error, error) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("task records: %w", err)
	}
	var all []loaded
	var bad []error
	for _, entry := range entries {
		id, ok := strings.CutSuffix(entry.Name(), recordSuffix)
		if !ok {
			continue // a half-written or a bad one
		}
		data, err := os.ReadFile(r.path(id))
		if err != nil {
			return nil, nil, fmt.Errorf("task records: %w", err)
		}
		one, err := decodeRecord(data)
		if err == nil && one.spec.ID != id {
			err = fmt.Errorf("is of task %q", one.spec.ID)
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("record of task %s set aside: %w", id, err))
			if err := os.Rename(r.path(id), r.path(id)+".bad"); err != nil {
				return nil, nil, fmt.Errorf("task records: %w", err)
			}
			continue
		}
		all = append(all, one)
	}
	return all, bad, nil
}

type loaded struct {
	spec  runtime.Spec
	raw   json.RawMessage
	state state
}

// encodeRecord puts a record together from its encoded halves, of which the
// Spec never changes.
func encodeRecord(spec, state json.RawMessage) []byte {
	return slices.Concat([]byte(`{"Spec":`), spec, []byte(`,"State":`), state, []byte("}\n"))
}

func decodeRecord(data []byte) (loaded, error) {
	var rec record
	if err := json.Unmarshal(data, &rec); err != nil {
		return loaded{}, err
	}
	one := loaded{raw: rec.Spec, state: rec.State}
	if err := json.Unmarshal(rec.Spec, &one.spec); err != nil {
		return loaded{}, err
	}
	if len(one.state.Containers) != len(one.spec.Containers) {
		return loaded{}, fmt.Errorf("%d containers, state of %d", len(one.spec.Containers), len(one.state.Containers))
	}
	return one, nil
}
