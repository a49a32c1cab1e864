// Command trimmodel writes aws/wire/models/<service>.json: the part of
// botocore's model that the operations listed in <service>.txt need. Run it
// after adding an operation's name to a list, or to take a newer botocore:
//
//	go run ./tools/trimmodel -data "$(python3 -c 'import botocore,os;print(os.path.dirname(botocore.__file__))')/data"
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kaimon.dev/kaimon/tools/internal/model"
)

func main() {
	data := flag.String("data", "", "botocore's `data` directory")
	dir := flag.String("models", "aws/wire/models", "`directory` of the lists and of the trimmed models")
	flag.Parse()
	if err := run(*data, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "trimmodel:", err)
		os.Exit(1)
	}
}

func run(data, dir string) error {
	lists, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return err
	}
	version, err := botocoreVersion(data)
	if err != nil {
		return err
	}
	for _, list := range lists {
		if err := trim(data, list, "botocore "+version); err != nil {
			return err
		}
	}
	return nil
}

// trim writes the trimmed model beside its list.
func trim(data, list, source string) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	service := strings.TrimSuffix(filepath.Base(list), ".txt")
	full, err := readModel(data, service)
	if err != nil {
		return err
	}
	full.Source = source
	trimmed, err := full.Trim(model.ParseList(string(text)))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(trimmed); err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(list, ".txt")+".json", b.Bytes(), 0o644)
}

// readModel reads the newest API version of the service.
func readModel(data, service string) (*model.Model, error) {
	files, err := filepath.Glob(filepath.Join(data, service, "*", "service-2.json*"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no model of %s in %s", service, data)
	}
	slices.Sort(files)
	f, err := os.Open(files[len(files)-1])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(f.Name(), ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return model.Parse(b)
}

var versionLine = regexp.MustCompile(`(?m)^__version__ = ['"]([^'"]+)['"]`)

// botocoreVersion reads the version from the package that the data belong to.
func botocoreVersion(data string) (string, error) {
	b, err := os.ReadFile(filepath.Join(data, "..", "__init__.py"))
	if err != nil {
		return "", err
	}
	match := versionLine.FindSubmatch(b)
	if match == nil {
		return "", fmt.Errorf("no __version__ beside %s", data)
	}
	return string(match[1]), nil
}
