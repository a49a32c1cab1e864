package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// readYAML resolves flags from a YAML file whose keys are the flags' long
// names. A key that is no flag's name is an error: it would be ignored.
func readYAML(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && err != io.EOF {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	return &yamlResolver{values: values}, nil
}

type yamlResolver struct{ values map[string]any }

// Validate implements kong.Resolver.
func (y *yamlResolver) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flags := range app.AllFlags(true) {
		for _, f := range flags {
			known[f.Name] = true
		}
	}
	for _, n := range app.Leaves(true) {
		for _, flags := range n.AllFlags(true) {
			for _, f := range flags {
				known[f.Name] = true
			}
		}
	}
	for key := range y.values {
		if !known[key] {
			return fmt.Errorf("configuration file: %s is no flag", key)
		}
	}
	return nil
}

// Resolve implements kong.Resolver.
func (y *yamlResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	v, ok := y.values[flag.Name]
	if !ok {
		return nil, nil
	}
	for _, name := range flag.Envs { // kong would let the file win
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	return strings.TrimSpace(fmt.Sprint(v)), nil
}
