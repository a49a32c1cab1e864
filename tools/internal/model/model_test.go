package model

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const full = `{"metadata": {"serviceId": "S"}, "operations": {
 "A": {"input": {"shape": "AIn"}, "output": {"shape": "AOut"}, "errors": [{"shape": "Err"}], "documentation": "long"},
 "B": {"input": {"shape": "BIn"}}, "Broken": {"input": {"shape": "Nowhere"}}},
 "shapes": {
  "AIn": {"type": "structure", "members": {"z": {"shape": "List", "documentation": "long"}, "a": {"shape": "AIn"}}},
  "AOut": {"type": "structure"}, "BIn": {"type": "structure"}, "Err": {"type": "structure", "exception": true},
  "List": {"type": "list", "member": {"shape": "Map"}}, "Map": {"type": "map", "key": {"shape": "K"}, "value": {"shape": "V"}},
  "K": {"type": "string"}, "V": {"type": "integer", "min": 1}, "Unused": {"type": "string"}}}`

func TestTrim(t *testing.T) {
	m, err := Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	trimmed, err := m.Trim([]string{"A"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range trimmed.Shapes {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"AIn", "AOut", "Err", "K", "List", "Map", "V"}, names); diff != "" {
		t.Error(diff)
	}
	if len(trimmed.Operations) != 1 {
		t.Errorf("operations %v", trimmed.Operations)
	}
}

func TestTrimRefuses(t *testing.T) {
	m, _ := Parse([]byte(full))
	for _, op := range []string{"C", "Broken"} {
		if _, err := m.Trim([]string{op}); err == nil {
			t.Errorf("%s: no error", op)
		}
	}
}

func TestMembersKeepTheirOrder(t *testing.T) {
	m, _ := Parse([]byte(full))
	b, err := json.Marshal(m.Shapes["AIn"].Members)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"z":{"shape":"List"},"a":{"shape":"AIn"}}`; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
	for _, bad := range []string{`[]`, `{"a":1}`, `3`} {
		if err := json.Unmarshal([]byte(bad), new(Members)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.json")
	if _, err := Load(file); err == nil {
		t.Error("no error without a file")
	}
	for text, ok := range map[string]bool{full: true, `{`: false} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file); (err == nil) != ok {
			t.Errorf("%.10s: %v", text, err)
		}
	}
}

func TestParseList(t *testing.T) {
	got := ParseList("# comment\nB\n\n  A  \nB\n")
	if diff := cmp.Diff([]string{"A", "B"}, got); diff != "" {
		t.Error(diff)
	}
}
