package insights

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// maxFields is how many fields are discovered in an event (User Guide, "Fields
// in JSON logs").
const maxFields = 1000

// Flatten returns the fields that are discovered in a message, by name.
func Flatten(message []byte) map[string]string {
	fields := map[string]string{}
	var document map[string]any
	d := json.NewDecoder(strings.NewReader(string(message)))
	d.UseNumber()
	if !opens(message) || !json.Valid(message) || d.Decode(&document) != nil {
		return fields
	}
	for key := range maps.Keys(document) {
		name := key
		if strings.HasPrefix(key, "@") {
			name = "@" + key
		}
		flatten(fields, name, document[key])
	}
	return fields
}

func flatten(fields map[string]string, name string, v any) {
	if len(fields) >= maxFields {
		return
	}
	switch v := v.(type) {
	case string:
		fields[name] = v
	case json.Number:
		fields[name] = v.String()
	case bool:
		fields[name] = map[bool]string{true: "1", false: "0"}[v]
	case map[string]any:
		for key, part := range v {
			flatten(fields, name+"."+key, part)
		}
	case []any:
		for i, part := range v {
			flatten(fields, name+"."+strconv.Itoa(i), part)
		}
	}
}
