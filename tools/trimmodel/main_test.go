package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !strings.HasSuffix(path, ".gz") {
		_, err = f.WriteString(text)
	} else {
		w := gzip.NewWriter(f)
		if _, err = w.Write([]byte(text)); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// botocore lays out a package with one service in two versions.
func botocore(t *testing.T) (data string) {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "__init__.py"), "import x\n\n__version__ = '1.2.3'\n")
	const doc = `{"metadata": {"apiVersion": "@"}, "operations": {"Put": {"input": {"shape": "In"}, "documentation": "<p>long"}},
 "shapes": {"In": {"type": "structure", "members": {"a": {"shape": "S", "documentation": "<p>long"}}}, "S": {"type": "string", "pattern": "<&>"}}}`
	write(t, filepath.Join(root, "data/svc/2010-01-01/service-2.json"), strings.Replace(doc, "@", "old", 1))
	write(t, filepath.Join(root, "data/svc/2020-01-01/service-2.json.gz"), strings.Replace(doc, "@", "new", 1))
	return filepath.Join(root, "data")
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "svc.txt"), "Put\n")
	if err := run(botocore(t), dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "svc.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"source": "botocore 1.2.3"`, `"apiVersion": "new"`, `"pattern": "<&>"`, `"a": {`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("lacks %s: %s", want, got)
		}
	}
	if strings.Contains(string(got), "documentation") {
		t.Errorf("has documentation: %s", got)
	}
}

func TestRunRefuses(t *testing.T) {
	data := botocore(t)
	for name, list := range map[string]string{"svc.txt": "Nope\n", "other.txt": "Put\n"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), list)
		if err := run(data, dir); err == nil {
			t.Errorf("%s with %s: no error", name, list)
		}
	}
	if err := run(filepath.Join(data, "svc"), t.TempDir()); err == nil {
		t.Error("no error for a folder that isn't botocore's")
	}
	write(t, filepath.Join(data, "..", "__init__.py"), "nothing")
	if err := run(data, t.TempDir()); err == nil {
		t.Error("no error without a version")
	}
}
