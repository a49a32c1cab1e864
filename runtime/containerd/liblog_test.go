package containerd

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	cdlog "github.com/containerd/log"
)

// TestLibraryLog holds that what containerd's packages log arrives where ours
// does: errors as warnings, with what they carry, and the rest quietly.
func TestLibraryLog(t *testing.T) {
	was := cdlog.L
	defer func() { cdlog.L = was }()
	var out bytes.Buffer
	replaceLibraryLog(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	cdlog.L.WithField("container", "c").WithError(errors.New("gone")).Error("cannot delete")
	cdlog.L.Warn("slow")
	cdlog.L.Info("chatter")
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, m)
	}
	if len(lines) != 2 {
		t.Fatalf("logged %s", &out)
	}
	if l := lines[0]; l["level"] != "WARN" || l["msg"] != "cannot delete" || l["container"] != "c" || l["error"] != "gone" || l["from"] != "containerd library" {
		t.Errorf("an error became %v", l)
	}
	if l := lines[1]; l["level"] != "DEBUG" || l["msg"] != "slow" {
		t.Errorf("a warning became %v", l)
	}
}
