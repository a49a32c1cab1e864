package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// readFiles loads a store's newest snapshot and the journal after it into a
// state, without raft, so that nothing is written. It fails with ErrInUse when
// a server has the store open.
func readFiles(dir string, st *state) (err error) {
	log := slog.New(slog.DiscardHandler)
	engine, err := findEngine(dir)
	if err != nil {
		return err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	snapshots, newest, err := openSnapshots(dir, log)
	if err != nil {
		return err
	}
	logs, err := openLogs(dir, engine, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	if err := logs.checkExtent(newest.Index); err != nil {
		return err
	}
	if newest.ID != "" {
		_, file, err := snapshots.Open(newest.ID)
		if err != nil {
			return fmt.Errorf("store: %s: %w", filepath.Join(dir, "snapshots", newest.ID), err)
		}
		defer file.Close()
		if err := st.restore(file); err != nil {
			return err
		}
	}
	return replay(logs, newest.Index, &fsm{state: st})
}

// findEngine tells which engine a store was begun with.
func findEngine(dir string) (Engine, error) {
	for _, engine := range []Engine{WAL, BoltDB} {
		if _, err := os.Stat(filepath.Join(dir, string(engine))); err == nil {
			return engine, nil
		}
	}
	return "", fmt.Errorf("store: there is no store in %s", dir)
}

// replay applies the entries after a snapshot.
func replay(logs *checkedLog, snapshot uint64, machine *fsm) error {
	last, err := logs.LastIndex()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for index := snapshot + 1; index <= last; index++ {
		var entry raft.Log
		if err := logs.GetLog(index, &entry); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		machine.Apply(&entry)
	}
	return machine.failure()
}
