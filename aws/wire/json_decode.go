package wire

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"
)

// decodeJSON stores a JSON value into v, the Go value of the shape.
func decodeJSON(s *Shape, value any, v reflect.Value) error {
	switch s.Kind {
	case Structure:
		return decodeJSONStructure(s, value, v)
	case List:
		return decodeJSONList(s, value, v)
	case Map:
		return decodeJSONMap(s, value, v)
	case Document:
		v.Set(reflect.ValueOf(value))
		return nil
	}
	switch value.(type) {
	case map[string]any:
		return serialization("Start of structure or map found where not expected.")
	case []any:
		return serialization("Start of list found where not expected")
	}
	return decodeJSONScalar(s, value, v)
}

func decodeJSONStructure(s *Shape, value any, v reflect.Value) error {
	members, ok := value.(map[string]any)
	if !ok {
		if _, list := value.([]any); list {
			return serialization("Unrecognized collection type class %s", s.Name)
		}
		return serialization("%s found where a structure was expected", jsonType(value))
	}
	for i := range s.Members {
		m := &s.Members[i]
		if child, present := members[m.Name]; present && child != nil {
			if err := decodeJSON(m.shape, child, slot(v.Field(i))); err != nil {
				return err
			}
		}
	}
	return nil
}

func decodeJSONList(s *Shape, value any, v reflect.Value) error {
	items, ok := value.([]any)
	if !ok {
		if _, structure := value.(map[string]any); structure {
			return serialization("Start of structure or map found where not expected.")
		}
		return serialization("Expected list or null")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if item == nil {
			return serialization("NULL_VALUE can not be an element of a list")
		}
		if err := decodeJSON(s.Elem.shape, item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeJSONMap(s *Shape, value any, v reflect.Value) error {
	entries, ok := value.(map[string]any)
	if !ok {
		if _, list := value.([]any); list {
			return serialization("Start of list found where not expected")
		}
		return serialization("Expected map or null")
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
	for key, entry := range entries {
		if entry == nil {
			return serialization("NULL_VALUE can not be a value of a map")
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := decodeJSON(s.Elem.shape, entry, elem); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key), elem)
	}
	return nil
}

func decodeJSONScalar(s *Shape, value any, v reflect.Value) error {
	ok := false
	switch s.Kind {
	case String:
		var text string
		if text, ok = value.(string); ok {
			v.SetString(text)
		}
	case Boolean:
		var b bool
		if b, ok = value.(bool); ok {
			v.SetBool(b)
		}
	case Integer, Long:
		var n int64
		if n, ok = jsonInteger(value); ok && !v.OverflowInt(n) {
			v.SetInt(n)
		} else {
			ok = false
		}
	case Float, Double:
		var f float64
		if f, ok = jsonFloat(value); ok {
			v.SetFloat(f)
		}
	case Blob:
		var text string
		if text, ok = value.(string); ok {
			b, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return serialization("Invalid base64 in a blob")
			}
			v.SetBytes(b)
		}
	case Timestamp:
		return decodeJSONTime(value, v)
	}
	if !ok {
		return serialization("%s cannot be converted to %s", jsonType(value), kindNames[s.Kind])
	}
	return nil
}

// decodeJSONTime takes epoch seconds, with a fraction, and for other formats
// what [parseTime] takes.
func decodeJSONTime(value any, v reflect.Value) error {
	switch value := value.(type) {
	case json.Number:
		f, err := value.Float64()
		if err == nil && math.Abs(f) < maxEpoch {
			v.Set(reflect.ValueOf(time.UnixMilli(int64(math.Round(f * 1000))).UTC()))
			return nil
		}
	case string:
		if t, ok := parseTime(value); ok {
			v.Set(reflect.ValueOf(t))
			return nil
		}
	}
	return serialization("%s can not be converted to milliseconds since epoch", jsonType(value))
}

// jsonInteger takes whole numbers however they are written: 1, 1.0, 1e3.
func jsonInteger(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(number.String(), 10, 64); err == nil {
		return n, true
	}
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

func jsonFloat(value any) (float64, bool) {
	switch value := value.(type) {
	case json.Number:
		f, err := value.Float64()
		return f, err == nil
	case string:
		switch value {
		case "NaN":
			return math.NaN(), true
		case "Infinity":
			return math.Inf(1), true
		case "-Infinity":
			return math.Inf(-1), true
		}
	}
	return 0, false
}

// jsonType names a JSON value in the words of AWS's parser.
func jsonType(value any) string {
	switch value := value.(type) {
	case string:
		return "STRING_VALUE"
	case json.Number:
		return "NUMBER_VALUE"
	case bool:
		if value {
			return "TRUE_VALUE"
		}
		return "FALSE_VALUE"
	}
	return "NULL_VALUE"
}

// kindNames are AWS's words for the kinds.
var kindNames = map[Kind]string{
	Structure: "Structure", List: "List", Map: "Map",
	String: "String", Integer: "Integer", Long: "Long", Float: "Float",
	Double: "Double", Boolean: "Boolean", Blob: "Blob", Timestamp: "Timestamp",
}

// slot returns the place for a member's value, behind a fresh pointer where
// the field is one.
func slot(field reflect.Value) reflect.Value {
	if field.Kind() != reflect.Pointer {
		return field
	}
	if field.IsNil() {
		field.Set(reflect.New(field.Type().Elem()))
	}
	return field.Elem()
}
