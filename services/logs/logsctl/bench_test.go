package logsctl

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime/containerd/logs"
	nouns "kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// BenchmarkDriver is a container that prints lines of 100 bytes as fast as it
// can: pipe, spool, lines, engine, disk.
func BenchmarkDriver(b *testing.B) {
	dir := b.TempDir()
	engine, err := logstore.Open(logstore.Options{Dir: filepath.Join(dir, "events")})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	db := store.OpenMemory(nouns.Tables()...)
	defer db.Close()
	err = db.Update(b.Context(), func(tx *store.Txn) error {
		return nouns.EnsureStream(tx, nouns.Wanted{Scope: home, Group: "g", Stream: "s", CreateGroup: true, GroupID: 1, StreamID: 2})
	})
	if err != nil {
		b.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	d, err := logs.Deliver(pipe, filepath.Join(dir, "spool"), logs.Delivery{
		Store: Sink{Store: db, Engine: engine}, Stream: nouns.StreamARN(home, "g", "s"), Source: "task/app",
		Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	w, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	const lines = 40 // a write of 4,000 bytes is atomic (pipe(7))
	text := bytes.Repeat(append(bytes.Repeat([]byte("x"), 99), '\n'), lines)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := w.Write(text); err != nil {
			b.Fatal(err)
		}
	}
	w.Close()
	if err := d.Finish(10 * time.Second); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(lines*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
