package supervise

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
)

func encoded(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// reopen opens the journal in dir; it may have nothing bad in it.
func reopen(t *testing.T, dir string) (*journal, []loaded) {
	t.Helper()
	j, tasks, bad, err := openJournal(dir)
	if err != nil || len(bad) > 0 {
		t.Fatalf("open the journal: %v, bad %v", err, bad)
	}
	t.Cleanup(func() { _ = j.close() })
	return j, tasks
}

func TestJournalKeepsEverything(t *testing.T) {
	app := essential("app", "db HEALTHY")
	app.Command, app.EntryPoint = nil, []string{} // nil is the image's, empty is none
	app.Environment = []runtime.EnvVar{{Name: "PASSWORD", Value: "s3cret"}}
	spec := specOf(app, checkedExtra("db"))
	st := stateOf(spec, map[string]func(*container){"app": exitedWith(3), "db": isHealthy})
	st.requestStop("because", noon)

	dir := t.TempDir()
	j, _ := reopen(t, dir)
	if err := j.put("t1", encoded(t, spec), encoded(t, st)); err != nil {
		t.Fatal(err)
	}
	_, tasks := reopen(t, dir)
	if len(tasks) != 1 || !reflect.DeepEqual(tasks[0].spec, spec) {
		t.Fatalf("tasks %+v, want %+v", tasks, spec)
	}
	if !reflect.DeepEqual(observation(spec, tasks[0].state), observation(spec, st)) {
		t.Errorf("state %+v, want %+v", tasks[0].state, st)
	}
}

// TestJournalIsAMap compares a journal, opened again now and then, with a map.
func TestJournalIsAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		j, _, _, err := openJournal(dir)
		if err != nil {
			rt.Fatal(err)
		}
		want := map[string]string{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			id := fmt.Sprintf("t%d", rapid.IntRange(0, 5).Draw(rt, "task"))
			switch rapid.SampledFrom([]string{"put", "put", "remove", "reopen", "torn"}).Draw(rt, "step") {
			case "put":
				st := newState(specOf())
				st.Reason = strings.Repeat("x", rapid.IntRange(0, 100_000).Draw(rt, "size"))
				if err := j.put(id, encoded(t, runtime.Spec{ID: id}), encoded(t, st)); err != nil {
					rt.Fatal(err)
				}
				want[id] = st.Reason
			case "remove":
				if err := j.remove(id); err != nil {
					rt.Fatal(err)
				}
				delete(want, id)
			case "torn": // a crash in the middle of an append
				if _, err := j.file.WriteString(`{"ID":"t0","State":{"Rea`); err != nil {
					rt.Fatal(err)
				}
				fallthrough
			case "reopen":
				var tasks []loaded
				var bad []error
				if j, tasks, bad, err = openJournal(dir); err != nil || len(bad) > 0 {
					rt.Fatalf("open again: %v, bad %v", err, bad)
				}
				got := map[string]string{}
				for _, one := range tasks {
					got[one.spec.ID] = one.state.Reason
				}
				if !reflect.DeepEqual(got, want) {
					rt.Fatalf("%d tasks, want %d", len(got), len(want))
				}
			}
		}
	})
}

// A journal that is appended to for ever is no larger than what counts allows.
func TestJournalIsWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	spec := specOf(essential("app"))
	st := newState(spec)
	for n := range 200 {
		st.Reason = strings.Repeat(string(rune('a'+n%26)), 10_000)
		if err := j.put("t1", encoded(t, spec), encoded(t, st)); err != nil {
			t.Fatal(err)
		}
		if size := len(mustRead(t, j.path)); size > 2*11_000+journalSlack {
			t.Fatalf("after %d changes the journal has %d bytes", n, size)
		}
	}
	if _, tasks := reopen(t, dir); len(tasks) != 1 || tasks[0].state.Reason != st.Reason {
		t.Errorf("tasks %+v", tasks)
	}
}

func TestJournalIsTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tasks")
	j, _ := reopen(t, dir)
	for path, want := range map[string]os.FileMode{dir: 0o700, j.path: 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
		}
	}
}

// What makes no sense is named, skipped, and kept to look at.
func TestBadLines(t *testing.T) {
	spec := specOf(essential("app"))
	good := line{ID: "t1", Spec: encoded(t, spec), State: encoded(t, newState(spec))}
	other := good
	other.ID = "t2" // its Spec is of t1
	short := line{ID: "t3", Spec: encoded(t, runtime.Spec{ID: "t3"}), State: encoded(t, newState(spec))}
	var text strings.Builder
	for _, l := range []any{good, "no line", other, line{ID: "t4"}, line{ID: "t5", State: good.State}, short} {
		fmt.Fprintf(&text, "%s\n", encoded(t, l))
	}
	dir := t.TempDir()
	path := filepath.Join(dir, journalName)
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	j, tasks, bad, err := openJournal(dir)
	if err != nil || len(tasks) != 1 || tasks[0].spec.ID != "t1" || len(bad) != 5 {
		t.Fatalf("tasks %+v, bad %v, error %v", tasks, bad, err)
	}
	defer j.close()
	if kept, err := os.ReadFile(path + ".bad"); err != nil || string(kept) != text.String() {
		t.Errorf("kept %q, %v", kept, err)
	}
	if _, tasks := reopen(t, dir); len(tasks) != 1 {
		t.Errorf("opened again: %+v", tasks)
	}
}

// An append that fails half way leaves nothing that spoils the next one.
func TestFailedAppend(t *testing.T) {
	dir := t.TempDir()
	j, _ := reopen(t, dir)
	spec := specOf(essential("app"))
	put := func(id string) error {
		s := spec
		s.ID = id
		return j.put(id, encoded(t, s), encoded(t, newState(s)))
	}
	if err := put("t1"); err != nil {
		t.Fatal(err)
	}
	whole := j.file
	readOnly, err := os.Open(j.path)
	if err != nil {
		t.Fatal(err)
	}
	j.file = readOnly // can neither be written nor truncated
	if err := put("t2"); err == nil || !j.torn {
		t.Fatalf("error %v, torn %v", err, j.torn)
	}
	j.file = whole
	if _, err := j.file.WriteString(`{"ID":"t2","Sp`); err != nil { // what was left
		t.Fatal(err)
	}
	if err := put("t3"); err != nil {
		t.Fatal(err)
	}
	tasks, _ := replay(mustRead(t, j.path))
	if len(tasks) != 2 || tasks["t3"].spec == nil {
		t.Errorf("tasks %v", tasks)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func FuzzReplay(f *testing.F) {
	spec := specOf(essential("app", "db START"), extra("db"))
	good := string(encoded(f, line{ID: "t1", Spec: encoded(f, spec), State: encoded(f, newState(spec))}))
	f.Add(good + "\n")
	f.Add(good + "\n" + `{"ID":"t1","State":{"Containers":[{"Stage":"?"},{}]}}` + "\n")
	f.Add(good + "\n" + `{"ID":"t1","Gone":true}` + "\n{")
	f.Fuzz(func(t *testing.T, text string) {
		tasks, _ := replay([]byte(text))
		for id, e := range tasks {
			one, err := e.decode(id)
			if err != nil {
				continue
			}
			// Whatever a file says, it can be adopted, planned and reported.
			one.state.adopt(one.spec, nil, noon)
			advance(one.spec, one.state, noon)
			observation(one.spec, one.state)
		}
	})
}

func TestValidIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		if validID.MatchString(id) && (id == "" || strings.ContainsAny(id, "/.\x00\n ")) {
			t.Fatalf("%q is no name", id)
		}
	})
}
