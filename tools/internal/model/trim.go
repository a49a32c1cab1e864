package model

import (
	"fmt"
	"slices"
	"strings"
)

// Trim returns the part of the model that the operations need. It fails when
// the model lacks one of them.
func (m *Model) Trim(operations []string) (*Model, error) {
	out := &Model{
		Source:     m.Source,
		Metadata:   m.Metadata,
		Operations: map[string]*Operation{},
		Shapes:     map[string]*Shape{},
	}
	for _, name := range operations {
		op, ok := m.Operations[name]
		if !ok {
			return nil, fmt.Errorf("%s: no operation %q in the model", m.Metadata.ServiceID, name)
		}
		out.Operations[name] = op
		for _, ref := range op.refs() {
			if err := m.reach(ref, out.Shapes); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// reach adds the shape and everything below it.
func (m *Model) reach(name string, into map[string]*Shape) error {
	if _, seen := into[name]; seen {
		return nil
	}
	shape, ok := m.Shapes[name]
	if !ok {
		return fmt.Errorf("%s: no shape %q in the model", m.Metadata.ServiceID, name)
	}
	into[name] = shape
	for _, ref := range shape.refs() {
		if err := m.reach(ref, into); err != nil {
			return err
		}
	}
	return nil
}

func (o *Operation) refs() []string {
	var names []string
	if o.Input != nil {
		names = append(names, o.Input.Shape)
	}
	if o.Output != nil {
		names = append(names, o.Output.Shape)
	}
	for _, e := range o.Errors {
		names = append(names, e.Shape)
	}
	return names
}

func (s *Shape) refs() []string {
	var names []string
	for _, member := range s.Members {
		names = append(names, member.Shape)
	}
	for _, ref := range []*Ref{s.Member, s.Key, s.Value} {
		if ref != nil {
			names = append(names, ref.Shape)
		}
	}
	return names
}

// ParseList reads a list of operations: one name a line, blank lines and lines
// that begin with # left out. It returns them sorted, each once.
func ParseList(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
