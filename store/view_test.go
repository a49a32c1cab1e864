package store_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kaimon.dev/kaimon/store"
)

// looked is everything that a view shows.
func looked(t *testing.T, dir string, tables ...store.AnyTable) ([]store.TableView, map[string]string) {
	t.Helper()
	v, err := store.OpenView(dir, tables...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := v.Tables()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, table := range list {
		for row, err := range v.Rows(table.Name, "") {
			if err != nil {
				t.Fatal(err)
			}
			rows[table.Name+" "+row.ID] = string(row.JSON)
		}
	}
	return list, rows
}

func TestView(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		opts.Dir = filepath.Join(opts.Dir, strings.Repeat("long", 40)) // longer than a socket's path may be
		pets := newPets()
		s := open(t, opts, pets)
		put(t, s, pets, pet{ID: "a", Kind: "<cat>", Tags: map[string]string{"k": "v"}}, pet{ID: "b"})
		wantRow := `{"ID":"a","Kind":"<cat>","Tags":{"k":"v"},"Born":"0001-01-01T00:00:00Z","Names":null}`

		running, rows := looked(t, opts.Dir)
		if want := []store.TableView{{Name: "test.pets", Rows: 2, Known: true}}; !reflect.DeepEqual(running, want) {
			t.Errorf("beside a server: tables %+v", running)
		}
		if rows["test.pets a"] != wantRow {
			t.Errorf("beside a server: %s", rows["test.pets a"])
		}
		s.Close()

		stopped, rows := looked(t, opts.Dir, pets)
		if !reflect.DeepEqual(stopped, running) || rows["test.pets a"] != wantRow {
			t.Errorf("of a stopped server: %+v %s", stopped, rows)
		}
		stopped, rows = looked(t, opts.Dir)
		if want := []store.TableView{{Name: "test.pets", Rows: 2}}; !reflect.DeepEqual(stopped, want) {
			t.Errorf("without knowing the table: %+v", stopped)
		}
		var unknown map[string]any
		if err := json.Unmarshal([]byte(rows["test.pets a"]), &unknown); err != nil || unknown["Kind"] != "<cat>" {
			t.Errorf("without knowing the table: %s", rows)
		}

		put(t, open(t, opts, pets), pets, pet{ID: "c"}) // a look changes nothing
	})
}

func TestViewErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := store.OpenView(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("no store: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("a look left %v", left)
	}
	s := open(t, store.Options{Dir: dir}, newPets())
	defer s.Close()
	v, err := store.OpenView(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range v.Rows("nope", "") {
		if err == nil || !strings.Contains(err.Error(), "nope") {
			t.Errorf("no table: %v", err)
		}
	}
}

func TestViewRowsByPrefix(t *testing.T) {
	opts := store.Options{Dir: t.TempDir()}
	pets := newPets()
	s := open(t, opts, pets)
	put(t, s, pets, pet{ID: "a1"}, pet{ID: "a2"}, pet{ID: "b1"})
	byPrefix(t, opts.Dir, pets)
	s.Close()
	byPrefix(t, opts.Dir, pets)
	byPrefix(t, opts.Dir)
}

func byPrefix(t *testing.T, dir string, tables ...store.AnyTable) {
	t.Helper()
	v, err := store.OpenView(dir, tables...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range v.Rows("test.pets", "a") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row.ID)
	}
	if strings.Join(got, " ") != "a1 a2" {
		t.Errorf("got %q", got)
	}
	for range v.Rows("test.pets", "") {
		break // not every reader reads all
	}
}
