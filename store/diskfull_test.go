package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/store"
)

// TestFullDisk fills a small file system under a store and frees it again.
func TestFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	host := testenv.Host(t)
	engines(t, func(t *testing.T, opts store.Options) {
		mount := t.TempDir()
		host.Run(t, "mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", mount)
		mount = fmt.Sprintf("/proc/%d/root%s", host.PID(), mount)
		opts.Dir = filepath.Join(mount, "store")
		pets := newPets()
		s := open(t, opts, pets)
		filler := filepath.Join(mount, "filler")
		fill(t, filler)

		var acked []string
		write := func() error {
			id := fmt.Sprint("row", len(acked))
			err := s.Update(context.Background(), func(tx *store.Txn) error {
				pets.Put(tx, pet{ID: id, Kind: strings.Repeat("k", 100_000)})
				return nil
			})
			if err == nil {
				acked = append(acked, id)
			}
			return err
		}
		var err error
		for err == nil && len(acked) < 1000 {
			err = write()
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("after %d rows: %v", len(acked), err)
		}
		for range 5 {
			if err := write(); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("while the disk is full: %v", err)
			}
		}
		if err := s.Health(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("health: %v", err)
		}
		all := func(s *store.Store) {
			t.Helper()
			for _, id := range acked {
				if _, ok := pets.Get(s.Snapshot(), id); !ok {
					t.Errorf("row %s was acknowledged and is lost", id)
				}
			}
		}
		all(s)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		before := len(acked)
		for len(acked) < before+3 {
			if err := write(); err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
		}
		if err := s.Health(); err != nil {
			t.Errorf("health, with room again: %v", err)
		}
		s.Close()
		s = open(t, opts, pets)
		all(s)
		s.Close()
		host.Run(t, "umount", strings.TrimPrefix(mount, fmt.Sprintf("/proc/%d/root", host.PID())))
	})
}

// fill writes a file until the disk is full.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}
