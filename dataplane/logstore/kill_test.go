package logstore

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"kaimon.dev/kaimon/internal/logline"
)

const victimDir = "KAIMON_LOGSTORE_VICTIM"

// TestVictim is the process that TestKilled kills: it says of each event that it is durable.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victimDir)
	if dir == "" {
		t.Skip("TestKilled runs it")
	}
	s := open(t, dir)
	for i := 0; ; i++ {
		mark := logline.Mark{Source: "x", Position: int64(i + 1)}
		if err := s.Append(logline.Stream{Group: 1, ID: 1}, []logline.Event{event(int64(i), fmt.Sprint(i))}, mark); err != nil {
			t.Fatal(err)
		}
		fmt.Println("durable", i)
	}
}

// TestKilled kills a writer at any moment: every event that it said was durable
// is there, and the mark fits what is there.
func TestKilled(t *testing.T) {
	for round := range 3 {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$")
		cmd.Env = append(os.Environ(), victimDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := -1
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n := 0; scanned(lines.Text(), &n) {
				last = n
			}
			if last == 20+50*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		s := open(t, dir)
		got := texts(t, s, logline.Stream{Group: 1, ID: 1}, all, false)
		mark, err := s.Mark("x")
		if err != nil || len(got) <= last || mark != int64(len(got)) {
			t.Errorf("%d events and mark %d (%v) after %d were durable", len(got), mark, err, last+1)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func scanned(line string, n *int) bool {
	_, err := fmt.Sscanf(line, "durable %d", n)
	return err == nil
}
