package live

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// TestLeftovers makes one of each kind of thing that a server could leave, and
// wants each found, and gone once removed.
func TestLeftovers(t *testing.T) {
	testenv.NeedRoot(t)
	data := filepath.Join(t.TempDir(), "data")
	instance := instanceID(data)
	inside, outside := filepath.Join(data, "mnt"), filepath.Join(data+"2", "mnt")
	group := "/sys/fs/cgroup/kaimon-" + instance
	if _, err := os.Stat("/sys/fs/cgroup/pids"); err == nil {
		group = "/sys/fs/cgroup/pids/kaimon-" + instance
	}
	for _, dir := range []string{inside, outside, "/run/kaimon/" + instance, group + "/task/app"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = removeGroup(group) }) // if the test fails
	t.Cleanup(func() { _ = exec.Command("umount", outside).Run() })
	for _, command := range []string{
		"mount -t tmpfs tmpfs " + inside,
		"mount -t tmpfs tmpfs " + outside,
		"ip link add k" + instance + "-0 type veth peer other",
		"nft add table ip kaimon_" + instance,
		"nft add table ip kaimon_00000000",
	} {
		words := strings.Fields(command)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	// A builtin: a child of the shell would be a second one with this command line
	// until it executes its own.
	process := exec.Command("sh", "-c", "read -r line", data)
	input, err := process.StdinPipe() // which nobody writes to
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- process.Wait() }()

	left, err := Leftovers(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"process", "mount " + inside, "control group " + group, "link k" + instance + "-0", "nft table kaimon_" + instance, "directory /run/kaimon/" + instance}
	if len(left) != len(want) {
		t.Errorf("found %d leftovers, want %d", len(left), len(want))
	}
	for i, l := range left {
		if i < len(want) && !strings.HasPrefix(l.What, want[i]) {
			t.Errorf("found %q, want %q", l.What, want[i])
		}
		if err := l.remove(); err != nil {
			t.Errorf("remove %s: %v", l.What, err)
		}
	}
	<-ended
	if left, err = Leftovers(data); err != nil || len(left) > 0 {
		t.Errorf("after the removal: %v, %v", left, err)
	}
}

func TestServersHavePlacesOfTheirOwn(t *testing.T) {
	a, b := New("/a"), New("/b")
	if a.Listen == b.Listen || a.PublicCIDR == b.PublicCIDR || a.Log == b.Log {
		t.Errorf("%+v and %+v share something", a, b)
	}
	if a.Running() {
		t.Error("runs before it was started")
	}
	if err := a.Stop(); err == nil {
		t.Error("stopped though it doesn't run")
	}
	if err := a.Down(t.Context()); err != nil {
		t.Errorf("down of a server that never came up: %v", err)
	}
}

func TestTail(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "data"))
	if got := s.Tail(3); !strings.Contains(got, "no such file") {
		t.Errorf("without a log: %q", got)
	}
	text := "one\ntwo\nmsg=request action=DescribeTasks\nthree\n"
	if err := os.WriteFile(s.Log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for lines, want := range map[int]string{1: "three", 2: "two\nthree", 9: "one\ntwo\nthree"} {
		if got := s.Tail(lines); got != want {
			t.Errorf("the last %d lines are %q, want %q", lines, got, want)
		}
	}
}
