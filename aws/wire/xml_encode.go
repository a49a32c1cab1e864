package wire

import (
	"bytes"
	"encoding/xml"
	"reflect"
)

// xmlWriter writes Go values as the XML of the Query protocols. Writing to the
// buffer cannot fail.
type xmlWriter struct {
	buf  bytes.Buffer
	name func(*Member) string
}

// queryLocation is a member's element in Query and EC2 Query.
func queryLocation(m *Member) string {
	if m.LocationName != "" {
		return m.LocationName
	}
	return m.Name
}

func newXMLWriter(name func(*Member) string) *xmlWriter {
	w := &xmlWriter{name: name}
	w.buf.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	return w
}

func (w *xmlWriter) open(element, namespace string) {
	w.buf.WriteByte('<')
	w.buf.WriteString(element)
	if namespace != "" {
		w.buf.WriteString(` xmlns="`)
		w.escape(namespace)
		w.buf.WriteByte('"')
	}
	w.buf.WriteByte('>')
}

func (w *xmlWriter) close(element string) {
	w.buf.WriteString("</")
	w.buf.WriteString(element)
	w.buf.WriteByte('>')
}

func (w *xmlWriter) leaf(element, text string) {
	w.open(element, "")
	w.escape(text)
	w.close(element)
}

func (w *xmlWriter) escape(text string) { _ = xml.EscapeText(&w.buf, []byte(text)) }

// members writes a structure's members that are not nil.
func (w *xmlWriter) members(s *Shape, v reflect.Value) {
	for i := range s.Members {
		m := &s.Members[i]
		field := v.Field(i)
		if field.IsNil() {
			continue
		}
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		w.value(m, w.name(m), field)
	}
}

func (w *xmlWriter) value(m *Member, element string, v reflect.Value) {
	s := m.shape
	switch s.Kind {
	case Structure:
		w.open(element, "")
		w.members(s, v)
		w.close(element)
	case List:
		w.list(m, element, v)
	case Map:
		w.entries(m, element, v)
	default:
		w.leaf(element, formatScalar(s, v, m.Time))
	}
}

func (w *xmlWriter) list(m *Member, element string, v reflect.Value) {
	elem := &m.shape.Elem
	if flattened(m) {
		if elem.LocationName != "" {
			element = elem.LocationName
		}
		for i := range v.Len() {
			w.value(elem, element, v.Index(i))
		}
		return
	}
	inner := elem.LocationName
	if inner == "" {
		inner = "member"
	}
	w.open(element, "")
	for i := range v.Len() {
		w.value(elem, inner, v.Index(i))
	}
	w.close(element)
}

func (w *xmlWriter) entries(m *Member, element string, v reflect.Value) {
	key, elem := &m.shape.Key, &m.shape.Elem
	entry := "entry"
	if flattened(m) {
		entry = element
	} else {
		w.open(element, "")
	}
	for _, k := range sortedMapKeys(v) {
		w.open(entry, "")
		w.leaf(orElse(key.LocationName, "key"), k.String())
		w.value(elem, orElse(elem.LocationName, "value"), v.MapIndex(k))
		w.close(entry)
	}
	if !flattened(m) {
		w.close(element)
	}
}

func orElse(name, usual string) string {
	if name != "" {
		return name
	}
	return usual
}
