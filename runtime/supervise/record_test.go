package supervise

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/runtime"
)

func encode(t testing.TB, spec runtime.Spec, st state) []byte {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	return encodeRecord(raw, encoded)
}

func TestRecordKeepsEverything(t *testing.T) {
	app := essential("app", "db HEALTHY")
	app.Command, app.EntryPoint = nil, []string{} // nil is the image's, empty is none
	app.Environment = []runtime.EnvVar{{Name: "PASSWORD", Value: "s3cret"}}
	spec := specOf(app, checkedExtra("db"))
	st := stateOf(spec, map[string]func(*container){"app": exitedWith(3), "db": isHealthy})
	st.requestStop("because", noon)

	one, err := decodeRecord(encode(t, spec, st))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one.spec, spec) {
		t.Errorf("spec %+v, want %+v", one.spec, spec)
	}
	if !reflect.DeepEqual(observation(one.spec, one.state), observation(spec, st)) {
		t.Errorf("state %+v, want %+v", one.state, st)
	}
}

func TestRecordsAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tasks")
	r, err := openRecords(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.save("t1", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, r.path("t1"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
		}
	}
	for range 2 { // removing is idempotent
		if err := r.remove("t1"); err != nil {
			t.Error(err)
		}
	}
}

// A file that can't be read is set aside, and the others are read.
func TestBadRecordsAreSetAside(t *testing.T) {
	r, err := openRecords(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	spec := specOf(essential("app"))
	good := encode(t, spec, newState(spec))
	for id, data := range map[string][]byte{
		"t1": good, "empty": nil, "cut": good[:len(good)/2], "other": good,
		"short": []byte(`{"Spec":{"ID":"short"},"State":{"Containers":[{}]}}`),
	} {
		if err := r.save(id, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.dir, "t9.tmp"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wantBad := range []int{4, 0} { // the second time they are out of the way
		tasks, bad, err := r.load()
		if err != nil || len(tasks) != 1 || tasks[0].spec.ID != "t1" || len(bad) != wantBad {
			t.Fatalf("tasks %+v, bad %v, error %v", tasks, bad, err)
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	spec := specOf(essential("app", "db START"), extra("db"))
	f.Add(encode(f, spec, newState(spec)))
	f.Add([]byte(`{"Spec":{"Containers":[{}]},"State":{"Containers":[{"Stage":"?"}]}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := decodeRecord(data)
		if err != nil {
			return
		}
		// Whatever a file says, it can be planned and reported.
		advance(one.spec, one.state, noon)
		observation(one.spec, one.state)
	})
}

func TestValidIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		if validID.MatchString(id) && (strings.ContainsAny(id, "/.\x00\n") || id == "") {
			t.Fatalf("%q would leave the directory", id)
		}
	})
}
