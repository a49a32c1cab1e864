package images

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/continuity/fs"

	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

// linked returns what programs inside root need to run: the dynamic linker and,
// transitively, every library that they are linked against.
func linked(root string, programs ...string) ([]ociarchive.File, error) {
	seen := map[string]bool{}
	var files []ociarchive.File
	queue := programs
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		real, err := fs.RootPath(root, path) // links are meant for inside
		if err != nil {
			return nil, err
		}
		files = append(files, ociarchive.File{Path: path, Mode: 0o755, Source: real})
		needs, err := needs(real)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, n := range needs {
			found, err := find(root, n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			queue = append(queue, found)
		}
	}
	return files, nil
}

// needs reads the libraries and the interpreter that an ELF file names.
func needs(path string) (list []string, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if list, err = f.ImportedLibraries(); err != nil {
		return nil, err
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			raw, err := io.ReadAll(p.Open())
			if err != nil {
				return nil, err
			}
			list = append(list, strings.TrimRight(string(raw), "\x00"))
		}
	}
	return list, nil
}

// find returns the path of a library inside root: Debian's linker looks into
// the folders named after the architecture.
func find(root, name string) (string, error) {
	if filepath.IsAbs(name) {
		return name[1:], nil
	}
	for _, pattern := range []string{"lib/*-linux-gnu*/", "usr/lib/*-linux-gnu*/"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern, name))
		if err != nil {
			return "", err
		}
		if len(matches) > 0 {
			return filepath.Rel(root, matches[0])
		}
	}
	return "", fmt.Errorf("library %s: %w", name, os.ErrNotExist)
}

// parents are the folders above files that are not among the folders already.
func parents(have, files []ociarchive.File) []ociarchive.File {
	known := map[string]bool{}
	for _, f := range have {
		known[f.Path] = true
	}
	var out []ociarchive.File
	for _, f := range files {
		parts := strings.Split(f.Path, "/")
		for i := 1; i < len(parts); i++ {
			if p := strings.Join(parts[:i], "/") + "/"; !known[p] {
				known[p] = true
				out = append(out, ociarchive.File{Path: p, Mode: 0o755})
			}
		}
	}
	return out
}
