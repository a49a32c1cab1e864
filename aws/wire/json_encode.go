package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// jsonWriter writes Go values in the order of their shapes' members.
type jsonWriter struct {
	buf bytes.Buffer
	enc *json.Encoder
}

func newJSONWriter() *jsonWriter {
	w := &jsonWriter{}
	w.enc = json.NewEncoder(&w.buf)
	w.enc.SetEscapeHTML(false)
	return w
}

func (w *jsonWriter) value(s *Shape, v reflect.Value, format TimeFormat) error {
	switch s.Kind {
	case Structure:
		return w.structure(s, v)
	case List:
		return w.list(s, v)
	case Map:
		return w.entries(s, v)
	case String:
		w.text(v.String())
	case Boolean:
		w.buf.WriteString(strconv.FormatBool(v.Bool()))
	case Integer, Long:
		w.buf.WriteString(strconv.FormatInt(v.Int(), 10))
	case Float, Double:
		w.float(v.Float())
	case Blob:
		w.text(base64.StdEncoding.EncodeToString(v.Bytes()))
	case Timestamp:
		w.time(v.Interface().(time.Time), cmpTime(format, s.Time))
	case Document:
		return w.document(v.Interface())
	}
	return nil
}

// structure leaves out what is nil; an empty list is written.
func (w *jsonWriter) structure(s *Shape, v reflect.Value) error {
	w.buf.WriteByte('{')
	first := true
	for i := range s.Members {
		m := &s.Members[i]
		field := v.Field(i)
		if field.IsNil() || m.shape.Kind == Stream {
			continue
		}
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		if !first {
			w.buf.WriteByte(',')
		}
		first = false
		w.text(m.Name)
		w.buf.WriteByte(':')
		if err := w.value(m.shape, field, m.Time); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	w.buf.WriteByte('}')
	return nil
}

func (w *jsonWriter) list(s *Shape, v reflect.Value) error {
	w.buf.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		if err := w.value(s.Elem.shape, v.Index(i), s.Elem.Time); err != nil {
			return err
		}
	}
	w.buf.WriteByte(']')
	return nil
}

func (w *jsonWriter) entries(s *Shape, v reflect.Value) error {
	w.buf.WriteByte('{')
	for i, key := range sortedMapKeys(v) {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		w.text(key.String())
		w.buf.WriteByte(':')
		if err := w.value(s.Elem.shape, v.MapIndex(key), s.Elem.Time); err != nil {
			return err
		}
	}
	w.buf.WriteByte('}')
	return nil
}

// text writes a string; encoding/json never fails on one.
func (w *jsonWriter) text(s string) {
	_ = w.enc.Encode(s)
	w.buf.Truncate(w.buf.Len() - 1) // the newline that Encode adds
}

func (w *jsonWriter) document(v any) error {
	if err := w.enc.Encode(v); err != nil {
		return err
	}
	w.buf.Truncate(w.buf.Len() - 1)
	return nil
}

func (w *jsonWriter) float(f float64) {
	switch {
	case math.IsNaN(f):
		w.text("NaN")
	case math.IsInf(f, 1):
		w.text("Infinity")
	case math.IsInf(f, -1):
		w.text("-Infinity")
	default:
		w.buf.WriteString(formatFloat(f))
	}
}

func (w *jsonWriter) time(t time.Time, format TimeFormat) {
	if format == ProtocolTime || format == EpochTime {
		w.buf.WriteString(formatTime(t, EpochTime))
		return
	}
	w.text(formatTime(t, format))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sortedMapKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return bytes.Compare([]byte(a.String()), []byte(b.String())) })
	return keys
}
