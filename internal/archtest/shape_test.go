package archtest

import (
	"go/ast"
	"strings"
	"testing"
)

const (
	maxFile     = 400 // lines; aim at 150, discuss at 300
	maxFunction = 100 // lines
)

// larger lists the files and functions that may exceed the budget, so that
// raising one is a visible diff.
var larger = map[string]bool{}

func TestFileSize(t *testing.T) {
	for _, s := range sources(t) {
		if !s.made && s.lines > maxFile && !larger[s.path] {
			t.Errorf("%s has %d lines, more than %d: it holds more than one thing", s.path, s.lines, maxFile)
		}
	}
}

func TestFunctionSize(t *testing.T) {
	for _, s := range sources(t) {
		if s.made || s.test {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line
			if n > maxFunction && !larger[s.path+":"+f.Name.Name] {
				t.Errorf("%s: %s has %d lines, more than %d", s.path, f.Name.Name, n, maxFunction)
			}
		}
	}
}

// TestNoGrabBags forbids names that say nothing of what is inside.
func TestNoGrabBags(t *testing.T) {
	for _, s := range sources(t) {
		for _, bad := range []string{"utils", "util", "helpers", "helper", "common", "types", "manager", "misc"} {
			base := strings.TrimSuffix(strings.TrimSuffix(s.path[strings.LastIndex(s.path, "/")+1:], ".go"), "_test")
			if base == bad || s.file.Name.Name == bad {
				t.Errorf("%s: %q says nothing of what is inside", s.path, bad)
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	documented, seen := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		seen[s.dir] = true
		if s.file.Doc != nil && strings.TrimSpace(s.file.Doc.Text()) != "" {
			documented[s.dir] = true
		}
	}
	for dir := range seen {
		if !documented[dir] {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

// TestExportedComments wants a doc comment on everything that other packages see.
func TestExportedComments(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.made || s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
					t.Errorf("%s: %s has no comment", s.path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: type %s has no comment", s.path, ts.Name.Name)
					}
				}
			}
		}
	}
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// TestTimeAndRandom holds that the time of day and randomness come from
// internal/clock, so that tests can hold them still. Tests, benches and tools
// measure real time.
func TestTimeAndRandom(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.dir == "internal/clock" || strings.HasPrefix(s.dir, "test/") || strings.HasPrefix(s.dir, "tools/") {
			continue
		}
		for _, i := range s.file.Imports {
			if p := strings.Trim(i.Path.Value, `"`); p == "math/rand" || p == "math/rand/v2" || p == "crypto/rand" {
				t.Errorf("%s imports %s: use internal/clock", s.path, p)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && (sel.Sel.Name == "Now" || sel.Sel.Name == "Since" || sel.Sel.Name == "Until") {
				t.Errorf("%s: time.%s: use internal/clock", s.fset.Position(sel.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
}
