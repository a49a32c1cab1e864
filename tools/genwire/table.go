package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"kaimon.dev/kaimon/tools/internal/model"
)

// table writes the static table of shapes.
func (g *generator) table() error {
	g.printf("// table holds the shapes of the model, by name.\nvar table = []wire.Shape{\n")
	for _, name := range slices.Sorted(maps.Keys(g.shapes)) {
		if err := g.shape(name, g.shapes[name]); err != nil {
			return fmt.Errorf("shape %s: %w", name, err)
		}
	}
	g.printf("}\n")
	return nil
}

func (g *generator) shape(name string, s *model.Shape) error {
	pattern, comment := g.pattern(name, s.Pattern)
	if comment != "" {
		g.printf("// %s\n", comment)
	}
	kind, err := kindOf(s)
	if err != nil {
		return err
	}
	g.printf("{Name: %q, Kind: wire.%s", name, kind)
	if len(s.Enum) > 0 {
		g.printf(", Enum: %#v", s.Enum)
	}
	bounds, err := boundsOf(s)
	if err != nil {
		return err
	}
	g.printf("%s", bounds)
	if pattern != "" {
		g.printf(", Pattern: %q", pattern)
	}
	if s.Flattened {
		g.printf(", Flattened: true")
	}
	g.printf("%s", timeOf(s.TimestampFormat))
	switch kind {
	case "Structure", "Stream":
		if len(s.Members) > 0 {
			g.printf(", Members: []wire.Member{\n")
			for _, m := range s.Members {
				g.printf("{Name: %q, %s},\n", m.Name, g.place(m.Ref, slices.Contains(s.Required, m.Name)))
			}
			g.printf("}")
		}
	case "List":
		g.printf(", Elem: wire.Member{%s}", g.place(*s.Member, false))
	case "Map":
		g.printf(", Key: wire.Member{%s}, Elem: wire.Member{%s}", g.place(*s.Key, false), g.place(*s.Value, false))
	}
	g.printf("},\n")
	return nil
}

// place renders the fields of a wire.Member other than its name.
func (g *generator) place(r model.Ref, required bool) string {
	parts := []string{fmt.Sprintf("Target: %q", r.Shape)}
	add := func(ok bool, format string, args ...any) {
		if ok {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	location := cmp.Or(r.LocationName, g.shapes[r.Shape].LocationName)
	add(location != "", "LocationName: %q", location)
	add(r.QueryName != "", "QueryName: %q", r.QueryName)
	add(required, "Required: true")
	add(r.Flattened, "Flattened: true")
	add(r.XMLAttribute, "Attribute: true")
	add(r.Location != "", "Location: %q", r.Location)
	return strings.Join(parts, ", ") + timeOf(r.TimestampFormat)
}

func kindOf(s *model.Shape) (string, error) {
	switch {
	case s.Document:
		return "Document", nil
	case s.EventStream:
		return "Stream", nil
	case s.Type == "structure":
		return "Structure", nil
	case s.Type == "list":
		return "List", nil
	case s.Type == "map":
		return "Map", nil
	}
	scalar, ok := scalars[s.Type]
	if !ok {
		return "", fmt.Errorf("unknown type %q", s.Type)
	}
	return scalar.kind, nil
}

func timeOf(format string) string {
	switch format {
	case "iso8601":
		return ", Time: wire.ISO8601Time"
	case "unixTimestamp":
		return ", Time: wire.EpochTime"
	case "rfc822":
		return ", Time: wire.HTTPTime"
	}
	return ""
}

func boundsOf(s *model.Shape) (string, error) {
	if s.Min == nil && s.Max == nil {
		return "", nil
	}
	limit := func(n *json.Number, none string) (string, error) {
		if n == nil {
			return none, nil
		}
		v, err := n.Int64()
		return fmt.Sprint(v), err
	}
	low, err := limit(s.Min, "wire.NoMin")
	if err != nil {
		return "", err
	}
	high, err := limit(s.Max, "wire.NoMax")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(", Bounds: &wire.Bounds{Min: %s, Max: %s}", low, high), nil
}

var unicodeEscape = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// pattern translates a pattern of the model for Go's regexp (\uXXXX becomes
// \x{XXXX}). One that RE2 cannot take is left out, with a comment that says so.
func (g *generator) pattern(shape, p string) (pattern, comment string) {
	if p == "" {
		return "", ""
	}
	translated := unicodeEscape.ReplaceAllString(p, `\x{$1}`)
	if _, err := regexp.Compile("^(?:" + translated + ")$"); err != nil {
		g.dropped = append(g.dropped, fmt.Sprintf("%s: %s (%v)", shape, p, err))
		return "", fmt.Sprintf("%s: the model's pattern is not RE2 and not checked: %q", shape, p)
	}
	return translated, ""
}
