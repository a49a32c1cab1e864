package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kaimon.dev/kaimon/store"
)

// written makes a store of rows that each have a marker by which damage finds them.
func written(t *testing.T, opts store.Options, rows int) {
	t.Helper()
	pets := newPets()
	s := open(t, opts, pets)
	for i := range rows {
		put(t, s, pets, pet{ID: fmt.Sprint("p", i), Kind: marker(i)})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func marker(i int) string { return fmt.Sprintf("marker-of-row-%d-%s", i, strings.Repeat("m", 100)) }

// journalFile is the one file that holds the entries.
func journalFile(t *testing.T, opts store.Options) string {
	t.Helper()
	pattern := map[store.Engine]string{store.WAL: "*-*.wal", store.BoltDB: "journal.db"}[opts.Engine]
	files, err := filepath.Glob(filepath.Join(opts.Dir, string(opts.Engine), pattern))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	return files[0]
}

func edit(t *testing.T, file string, change func(data []byte)) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	change(data)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// refused opens a damaged store, which must fail and name the file, here as
// well as for an operator who looks.
func refused(t *testing.T, opts store.Options, file string) {
	t.Helper()
	s, err := store.Open(context.Background(), opts, newPets())
	if err == nil {
		s.Close()
		t.Fatalf("opened, with rows %q", ids(newPets().All(s.Snapshot())))
	}
	if !strings.Contains(err.Error(), file) {
		t.Errorf("got %q, which doesn't name %s", err, file)
	}
	if _, err := store.OpenView(opts.Dir); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("view: got %v, which doesn't name %s", err, file)
	}
}

func TestDamagedEntryIsRefused(t *testing.T) {
	engines(t, func(t *testing.T, opts store.Options) {
		written(t, opts, 10)
		file := journalFile(t, opts)
		edit(t, file, func(data []byte) {
			n := 0
			for at := 0; ; n++ { // B+ trees leave copies of old pages
				i := bytes.Index(data[at:], []byte(marker(4)))
				if i < 0 {
					break
				}
				at += i + 20
				data[at] ^= 1
			}
			if n == 0 {
				t.Fatal("no marker")
			}
		})
		refused(t, opts, file)
	})
}

func TestDamagedFrameIsRefused(t *testing.T) {
	opts := store.Options{Dir: t.TempDir(), Engine: store.WAL}
	written(t, opts, 10)
	file := journalFile(t, opts)
	edit(t, file, func(data []byte) { // the engine takes this for the end of the file
		i := bytes.Index(data, []byte(marker(4)))
		clear(data[i-200 : i+200])
	})
	refused(t, opts, file)
}

func TestLostEndIsRefused(t *testing.T) {
	opts := store.Options{Dir: t.TempDir(), Engine: store.WAL}
	written(t, opts, 10)
	file := journalFile(t, opts)
	edit(t, file, func(data []byte) { clear(data[bytes.Index(data, []byte(marker(9))):]) })
	refused(t, opts, file)
}

func TestTornEndIsRecovered(t *testing.T) {
	for name, tear := range map[string]func(data []byte, at int){
		"zeros":       func(data []byte, at int) { clear(data[at:]) },
		"half zeros":  func(data []byte, at int) { clear(data[at+60:]) },
		"other bytes": func(data []byte, at int) { copy(data[at:], bytes.Repeat([]byte{0xff}, 100)) },
	} {
		t.Run(name, func(t *testing.T) {
			opts := store.Options{Dir: t.TempDir(), Engine: store.WAL}
			written(t, opts, 10)
			// A power loss before the last entry was synced: nothing noted it.
			if err := os.Remove(filepath.Join(opts.Dir, "tail")); err != nil {
				t.Fatal(err)
			}
			edit(t, journalFile(t, opts), func(data []byte) { tear(data, bytes.Index(data, []byte(marker(9)))) })
			pets := newPets()
			for range 2 {
				s := open(t, opts, pets)
				if got := ids(pets.All(s.Snapshot())); fmt.Sprint(got[:9]) != "[p0 p1 p2 p3 p4 p5 p6 p7 p8]" {
					t.Errorf("rows %q", got)
				}
				put(t, s, pets, pet{ID: "q"})
				s.Close()
			}
		})
	}
}

func TestDamagedSnapshotIsRefused(t *testing.T) {
	damages := map[string]func(t *testing.T, dir string){
		"rows": func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, "state.bin"), func(data []byte) { data[len(data)/2] ^= 1 })
		},
		"description": func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, "meta.json"), func(data []byte) { data[0] = '?' })
		},
		"gone": func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		},
	}
	engines(t, func(t *testing.T, opts store.Options) {
		for name, damage := range damages {
			opts.Dir = t.TempDir()
			opts.SnapshotBytes = 1
			written(t, opts, 200)
			dirs, err := filepath.Glob(filepath.Join(opts.Dir, "snapshots", "*"))
			if err != nil || len(dirs) != 1 {
				t.Fatal(name, dirs, err)
			}
			damage(t, dirs[0])
			refused(t, opts, filepath.Join(opts.Dir, "snapshots"))
		}
	})
}
