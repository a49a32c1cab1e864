package doctor

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/nftables"

	"kaimon.dev/kaimon/internal/testenv"
)

func TestMain(m *testing.M) { testenv.InHost(m) }

// TestThisMachine holds that a machine on which the tests run is found fit, and
// that finding out leaves nothing behind.
func TestThisMachine(t *testing.T) {
	testenv.NeedRoot(t)
	dir := t.TempDir()
	for _, f := range Diagnose(Inspect(t.Context(), filepath.Join(dir, "not", "there", "yet"), netip.MustParsePrefix("100.64.0.0/16"))) {
		if f.Verdict == Missing {
			t.Errorf("%s: %s (%s)", f.Name, f.Found, f.Advice)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestForwardDrops holds that a firewall which would hold tasks back is named,
// and that one which lets packets pass isn't.
func TestForwardDrops(t *testing.T) {
	testenv.NeedRoot(t)
	c, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "filter"})
	defer func() {
		c.DelTable(table)
		if err := c.Flush(); err != nil {
			t.Error(err)
		}
	}()
	for _, test := range []struct {
		policy nftables.ChainPolicy
		want   string
	}{{nftables.ChainPolicyAccept, ""}, {nftables.ChainPolicyDrop, "chain FORWARD of table filter"}} {
		c.AddChain(&nftables.Chain{
			Table: table, Name: "FORWARD", Type: nftables.ChainTypeFilter, Policy: &test.policy,
			Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter,
		})
		if err := c.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := forwardDrops(); got != test.want {
			t.Errorf("policy %d: %q", test.policy, got)
		}
	}
}

func TestInspectCgroups(t *testing.T) {
	v2 := t.TempDir()
	write(t, filepath.Join(v2, "cgroup.controllers"), "cpu memory pids io\n")
	v1 := t.TempDir()
	for _, c := range []string{"cpu", "pids"} {
		write(t, filepath.Join(v1, c, "cgroup.procs"), "")
	}
	tests := []struct {
		root    string
		version int
		count   int
	}{{v2, 2, 4}, {v1, 1, 2}, {t.TempDir(), 0, 0}}
	for _, test := range tests {
		version, controllers := inspectCgroups(test.root)
		if version != test.version || len(controllers) != test.count {
			t.Errorf("version %d with %v, want %d with %d controllers", version, controllers, test.version, test.count)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
