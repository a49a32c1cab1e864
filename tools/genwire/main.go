// Command genwire writes services/<svc>/<svc>api/zz_wire.go from the trimmed
// models in aws/wire/models. It is run from the repository's root:
//
//	go run ./tools/genwire          # write
//	go run ./tools/genwire -check   # exit 1 when a file is not what would be written
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kaimon.dev/kaimon/tools/internal/model"
)

func main() {
	check := flag.Bool("check", false, "compare instead of writing")
	root := flag.String("root", ".", "`directory` of the repository")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "genwire:", err)
		os.Exit(1)
	}
}

// models is the folder of the trimmed models; target is where a service's file goes.
const (
	models = "aws/wire/models"
	target = "services/%[1]s/%[1]sapi/zz_wire.go"
)

func run(root string, check bool) error {
	paths, err := filepath.Glob(filepath.Join(root, models, "*.json"))
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("no models in %s", filepath.Join(root, models))
	}
	var stale []string
	for _, path := range paths {
		service := strings.TrimSuffix(filepath.Base(path), ".json")
		file := fmt.Sprintf(target, service)
		fresh, err := generateFile(service, path, filepath.Join(root, file), check)
		if err != nil {
			return err
		}
		if !fresh {
			stale = append(stale, file)
		}
	}
	if check && len(stale) > 0 {
		return fmt.Errorf("stale, run make generate: %s", strings.Join(stale, ", "))
	}
	return nil
}

// generateFile generates one service. It tells whether the file was as it has
// to be, and writes it unless check is set.
func generateFile(service, path, target string, check bool) (fresh bool, err error) {
	m, err := model.Load(path)
	if err != nil {
		return false, err
	}
	if err := checkList(strings.TrimSuffix(path, ".json")+".txt", m); err != nil {
		return false, err
	}
	source, dropped, err := generate(service, m)
	if err != nil {
		return false, fmt.Errorf("%s: %w", service, err)
	}
	for _, d := range dropped {
		fmt.Fprintf(os.Stderr, "genwire: %s: pattern dropped: %s\n", service, d)
	}
	old, err := os.ReadFile(target)
	if err == nil && bytes.Equal(old, source) {
		return true, nil
	}
	if check {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return false, err
	}
	return false, os.WriteFile(target, source, 0o644)
}

// checkList compares the list of operations with the trimmed model.
func checkList(list string, m *model.Model) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	names := model.ParseList(string(text))
	for _, name := range names {
		if m.Operations[name] == nil {
			return fmt.Errorf("%s: %s is not in the trimmed model: run tools/trimmodel", list, name)
		}
	}
	if len(names) != len(m.Operations) {
		return fmt.Errorf("%s: %d operations listed, %d in the trimmed model: run tools/trimmodel", list, len(names), len(m.Operations))
	}
	return nil
}
