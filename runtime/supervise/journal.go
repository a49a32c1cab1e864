package supervise

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"kaimon.dev/kaimon/internal/lazyregexp"
	"kaimon.dev/kaimon/runtime"
)

const (
	journalName = "tasks.journal"
	// journalSlack is how much of a journal may be out of date, beyond as much
	// again as isn't, before it is written anew.
	journalSlack = 256 << 10
)

// validID keeps IDs fit for logs and for the names that engines make of them.
var validID = lazyregexp.New(`^[0-9A-Za-z-]{1,128}$`)

// journal keeps the tasks on disk. It is one file to which a line is appended
// for every change, because making a file per task would cost a good part of a
// millisecond on the way to the container's start. Environment and secrets are
// in it, so only the owner may read it. It is not synced: it has to survive
// this process, while a crash of the machine takes the containers along.
type journal struct {
	path string

	mu   sync.Mutex
	file *os.File
	// size and live tell what is in the file and how much of that still counts.
	size, live int64
	tasks      map[string]entry
	// torn: an append failed half way, and what it left couldn't be cut off.
	torn bool
}

// entry is a task as its newest lines say.
type entry struct{ spec, state json.RawMessage }

func (e entry) size() int64 { return int64(len(e.spec) + len(e.state)) }

// line is one line: a task's first has its Spec, every one but the last a State.
type line struct {
	ID    string
	Spec  json.RawMessage `json:",omitempty"`
	State json.RawMessage `json:",omitempty"`
	Gone  bool            `json:",omitempty"`
}

// loaded is a task found in the journal.
type loaded struct {
	spec  runtime.Spec
	raw   json.RawMessage
	state state
}

// openJournal reads the journal in dir and writes it anew without what is out
// of date. Lines that make no sense are named in the errors and skipped, for
// one of them must not keep the other tasks from running; the file is kept then.
func openJournal(dir string) (*journal, []loaded, []error, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, nil, fmt.Errorf("task journal: %w", err)
	}
	j := &journal{path: filepath.Join(dir, journalName)}
	data, err := os.ReadFile(j.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, fmt.Errorf("task journal: %w", err)
	}
	var bad []error
	j.tasks, bad = replay(data)
	var tasks []loaded
	for _, id := range slices.Sorted(maps.Keys(j.tasks)) {
		one, err := j.tasks[id].decode(id)
		if err != nil {
			bad = append(bad, fmt.Errorf("task %s in the journal: %w", id, err))
			delete(j.tasks, id)
			continue
		}
		tasks = append(tasks, one)
	}
	if len(bad) > 0 {
		if err := os.WriteFile(j.path+".bad", data, 0o600); err != nil {
			return nil, nil, nil, fmt.Errorf("task journal: %w", err)
		}
	}
	if err := j.rewrite(); err != nil {
		return nil, nil, nil, err
	}
	return j, tasks, bad, nil
}

// replay reads lines, of which the last may have been cut short by a crash.
func replay(data []byte) (map[string]entry, []error) {
	tasks := map[string]entry{}
	var bad []error
	for n := 1; len(data) > 0; n++ {
		text, rest, whole := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(text) == 0 || !whole {
			continue
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			bad = append(bad, fmt.Errorf("line %d of the journal: %w", n, err))
			continue
		}
		if l.Gone {
			delete(tasks, l.ID)
			continue
		}
		e := tasks[l.ID]
		if l.Spec != nil {
			e.spec = l.Spec
		}
		e.state = l.State
		tasks[l.ID] = e
	}
	return tasks, bad
}

func (e entry) decode(id string) (loaded, error) {
	one := loaded{raw: e.spec}
	if err := json.Unmarshal(e.spec, &one.spec); err != nil {
		return loaded{}, fmt.Errorf("spec: %w", err)
	}
	if err := json.Unmarshal(e.state, &one.state); err != nil {
		return loaded{}, fmt.Errorf("state: %w", err)
	}
	if one.spec.ID != id || !validID.MatchString(id) {
		return loaded{}, fmt.Errorf("its spec is of %q", one.spec.ID)
	}
	if len(one.state.Containers) != len(one.spec.Containers) {
		return loaded{}, fmt.Errorf("it has %d containers, its state %d", len(one.spec.Containers), len(one.state.Containers))
	}
	return one, nil
}

// put records a task's state; its Spec is written the first time.
func (j *journal) put(id string, spec, state json.RawMessage) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	old, known := j.tasks[id]
	l := line{ID: id, Spec: spec, State: state}
	if known {
		l.Spec = nil
	}
	if err := j.append(l); err != nil {
		return err
	}
	j.tasks[id] = entry{spec, state}
	j.live += j.tasks[id].size() - old.size()
	j.tidy()
	return nil
}

// remove records that a task is gone.
func (j *journal) remove(id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	old, known := j.tasks[id]
	if !known {
		return nil
	}
	if err := j.append(line{ID: id, Gone: true}); err != nil {
		return err
	}
	delete(j.tasks, id)
	j.live -= old.size()
	j.tidy()
	return nil
}

// append writes one line. What a failed write leaves is cut off, or at least
// parted from the next line.
func (j *journal) append(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("task journal: %w", err)
	}
	text = append(text, '\n')
	if j.torn {
		text = append([]byte{'\n'}, text...)
	}
	if _, err := j.file.Write(text); err != nil {
		j.torn = j.file.Truncate(j.size) != nil
		return fmt.Errorf("task journal: %w", err)
	}
	j.torn = false
	j.size += int64(len(text))
	return nil
}

// tidy writes the journal anew when most of it is out of date. If that fails,
// the one that is there still holds everything, and the next change tries again.
func (j *journal) tidy() {
	if j.size > 2*j.live+journalSlack {
		_ = j.rewrite()
	}
}

// rewrite replaces the file by one with a line for each task.
func (j *journal) rewrite() error {
	var all bytes.Buffer
	var live int64
	out := json.NewEncoder(&all)
	for _, id := range slices.Sorted(maps.Keys(j.tasks)) {
		e := j.tasks[id]
		if err := out.Encode(line{ID: id, Spec: e.spec, State: e.state}); err != nil {
			return fmt.Errorf("task journal: %w", err)
		}
		live += e.size()
	}
	file, err := os.OpenFile(j.path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("task journal: %w", err)
	}
	_, err = file.Write(all.Bytes())
	if err == nil {
		err = os.Rename(j.path+".tmp", j.path)
	}
	if err != nil {
		return fmt.Errorf("task journal: %w", errors.Join(err, file.Close()))
	}
	if j.file != nil {
		_ = j.file.Close() // nothing of it counts any more
	}
	j.file, j.size, j.live, j.torn = file, int64(all.Len()), live, false
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}
