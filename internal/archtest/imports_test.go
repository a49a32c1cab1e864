package archtest

import (
	"strings"
	"testing"
)

// layer is the part of the house that a folder belongs to.
func layer(dir string) string {
	p := strings.Split(dir, "/")
	switch p[0] {
	case "services":
		if len(p) >= 3 {
			switch p[2] {
			case p[1] + "api":
				return "api"
			case p[1] + "ctl":
				return "ctl"
			}
		}
		return "nouns"
	case "runtime", "dataplane", "store", "reconcile", "aws", "internal", "cmd", "test", "tools", "console":
		return p[0]
	}
	return "unknown"
}

// may lists, for each layer, the layers that it may import; its own packages
// are checked apart where that matters.
var may = map[string][]string{
	"cmd":       {"cmd", "api", "ctl", "nouns", "runtime", "dataplane", "store", "reconcile", "aws", "internal", "console"},
	"api":       {"nouns", "store", "aws", "internal"},
	"ctl":       {"nouns", "store", "aws", "runtime", "dataplane", "reconcile", "internal"},
	"nouns":     {"nouns", "store", "aws", "internal"},
	"reconcile": {"store", "reconcile", "internal"},
	"runtime":   {"runtime", "internal"},
	"dataplane": {"dataplane", "internal"},
	"store":     {"store", "internal"},
	"aws":       {"aws", "internal"},
	"internal":  {"internal"},
	"tools":     {"tools", "aws", "internal"},
	"test":      {"test", "cmd", "api", "nouns", "runtime", "dataplane", "store", "aws", "internal"},
	"console":   {"console", "internal"},
}

// TestImportRule holds cmd → {api, ctl} → nouns → {store, aws}, and
// ctl → runtime, dataplane. Tests may also import what they drive.
func TestImportRule(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		from := layer(s.dir)
		if from == "unknown" {
			t.Errorf("%s: folder is not part of the house", s.path)
			continue
		}
		for _, imp := range s.imports() {
			if to := layer(imp); !contains(may[from], to) && !(from == to && sameService(s.dir, imp)) {
				t.Errorf("%s (%s) imports %s (%s)", s.path, from, imp, to)
			}
		}
	}
}

// TestServicesMeetInTheStore holds that a service knows no other service's api or ctl.
func TestServicesMeetInTheStore(t *testing.T) {
	for _, s := range sources(t) {
		from := layer(s.dir)
		if from != "api" && from != "ctl" && from != "nouns" {
			continue
		}
		for _, imp := range s.imports() {
			if to := layer(imp); (to == "api" || to == "ctl") && (!sameService(s.dir, imp) || to != from) {
				t.Errorf("%s imports %s: services share nouns only", s.path, imp)
			}
		}
	}
}

func sameService(a, b string) bool {
	pa, pb := strings.Split(a, "/"), strings.Split(b, "/")
	return len(pa) > 1 && len(pb) > 1 && pa[0] == "services" && pb[0] == "services" && pa[1] == pb[1]
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
