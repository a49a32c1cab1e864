package logsctl

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

func TestWriter(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	writer := Writer{Store: w.store, Engine: w.engine}
	at := time.UnixMilli(1_700_000_000_123)
	write := func(stream string, lines ...string) {
		t.Helper()
		if err := writer.Write(t.Context(), home, "/flows", stream, at, lines); err != nil {
			t.Fatal(err)
		}
	}
	read := func(stream string) string {
		t.Helper()
		st, ok := logs.Streams.Get(w.store.Snapshot(), logs.StreamARN(home, "/flows", stream))
		if !ok {
			t.Fatalf("no stream %s", stream)
		}
		var lines []string
		err := w.engine.ReadStream(context.Background(), st.ID, logline.Range{To: math.MaxInt64}, false, func(e logline.Event) bool {
			if e.Time != at.UnixMilli() || e.Ingested != at.UnixMilli() {
				t.Errorf("event of %d, ingested %d", e.Time, e.Ingested)
			}
			lines = append(lines, string(e.Message))
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(lines, "|")
	}
	write("eni-1-all", "a", "b")
	write("eni-2-all", "c")
	write("eni-1-all", "d")
	if one, two := read("eni-1-all"), read("eni-2-all"); one != "a|b|d" || two != "c" {
		t.Errorf("streams hold %q and %q", one, two)
	}
	// A group that somebody deletes is made again.
	w.update(func(tx *store.Txn) error { return logs.DeleteGroup(tx, home, "/flows") })
	write("eni-1-all", "e")
	if got := read("eni-1-all"); got != "e" {
		t.Errorf("the new stream holds %q", got)
	}
	if err := writer.Write(t.Context(), home, "/flows", "a:b", at, nil); err == nil {
		t.Error("a stream's name with a colon is taken")
	}
}
