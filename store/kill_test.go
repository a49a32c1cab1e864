package store_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/store"
)

// The test binary runs itself as the writer that is killed.
const (
	writerDir    = "KAIMON_STORE_TEST_DIR"
	writerEngine = "KAIMON_STORE_TEST_ENGINE"
	writerFirst  = "KAIMON_STORE_TEST_FIRST"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		if err := writeUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// killOptions have snapshots made all the time, so that kills meet them.
func killOptions(dir string, engine store.Engine) store.Options {
	return store.Options{Dir: dir, Engine: engine, SnapshotBytes: 20 << 10, Log: slog.New(slog.DiscardHandler)}
}

// writeUntilKilled writes pairs of rows from eight goroutines and prints the
// number of each pair once it is acknowledged.
func writeUntilKilled(dir string) error {
	pets := newPets()
	s, err := store.Open(context.Background(), killOptions(dir, store.Engine(os.Getenv(writerEngine))), pets)
	if err != nil {
		return err
	}
	first, err := strconv.ParseInt(os.Getenv(writerFirst), 10, 64)
	if err != nil {
		return err
	}
	var number atomic.Int64
	number.Store(first)
	failed := make(chan error)
	var stdout sync.Mutex
	for range 8 {
		go func() {
			for {
				n := number.Add(1)
				if err := s.Update(context.Background(), func(tx *store.Txn) error {
					pets.Put(tx, pet{ID: pairID(n, "left"), Kind: strings.Repeat("k", 500)})
					pets.Put(tx, pet{ID: pairID(n, "right")})
					return nil
				}); err != nil {
					failed <- err
					return
				}
				stdout.Lock()
				fmt.Println(n)
				stdout.Unlock()
			}
		}()
	}
	return <-failed
}

func pairID(n int64, side string) string { return fmt.Sprintf("%010d-%s", n, side) }

func TestKillLosesNothing(t *testing.T) {
	for _, engine := range []store.Engine{store.WAL, store.BoltDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var acked []int64
			var last int64
			for round := range 20 {
				now, err := writeAndKill(dir, engine, last+1000)
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				acked = append(acked, now...)
				last = checkPairs(t, dir, engine, acked)
			}
			t.Logf("%d transactions acknowledged", len(acked))
		})
	}
}

// writeAndKill kills a writer at a random moment and returns what it acknowledged.
func writeAndKill(dir string, engine store.Engine, first int64) ([]int64, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writerDir+"="+dir, writerEngine+"="+string(engine), fmt.Sprintf("%s=%d", writerFirst, first))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer cmd.Wait()
	defer time.AfterFunc(clock.Jitter(200*time.Millisecond)-90*time.Millisecond, func() { cmd.Process.Kill() }).Stop()
	var acked []int64
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return acked, nil // killed; a line cut short was not read by anyone
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the writer printed %q", line)
		}
		acked = append(acked, n)
	}
}

// checkPairs opens the store, finds every acknowledged pair, and no half of
// one, and returns the highest number there is.
func checkPairs(t *testing.T, dir string, engine store.Engine, acked []int64) (last int64) {
	t.Helper()
	pets := newPets()
	s := open(t, killOptions(dir, engine), pets)
	defer s.Close()
	snap := s.Snapshot()
	for _, n := range acked {
		if _, ok := pets.Get(snap, pairID(n, "left")); !ok {
			t.Fatalf("pair %d was acknowledged and is lost", n)
		}
	}
	for row := range pets.All(snap) {
		n, err := strconv.ParseInt(row.ID[:10], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		_, left := pets.Get(snap, pairID(n, "left"))
		_, right := pets.Get(snap, pairID(n, "right"))
		if !left || !right {
			t.Fatalf("half of pair %d", n)
		}
		last = n
	}
	return last
}
