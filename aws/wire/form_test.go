package wire

import (
	"net/url"
	"reflect"
	"strconv"
)

// writeForm is a client's half of the Query protocols, as botocore and the
// SDKs write it: the tests' counterpart of queryDialect.
func writeForm(d *queryDialect, s *Shape, in any, params url.Values) {
	f := &formWriter{dialect: d, params: params}
	f.structure(s, reflect.ValueOf(in).Elem(), "")
}

type formWriter struct {
	dialect *queryDialect
	params  url.Values
}

func (f *formWriter) structure(s *Shape, v reflect.Value, prefix string) {
	for i := range s.Members {
		m, field := &s.Members[i], v.Field(i)
		if !field.IsNil() {
			f.value(m, reflect.Indirect(field), join(prefix, f.dialect.name(m)))
		}
	}
}

func (f *formWriter) value(m *Member, v reflect.Value, name string) {
	switch s := m.shape; s.Kind {
	case Structure:
		f.structure(s, v, name)
	case List:
		if v.Len() == 0 {
			f.params.Set(name, "")
		}
		if f.dialect.wrapLists && !flattened(m) {
			name += "." + orElse(s.Elem.LocationName, "member")
		}
		for i := range v.Len() {
			f.value(&s.Elem, v.Index(i), name+"."+strconv.Itoa(i+1))
		}
	case Map:
		if !flattened(m) {
			name += ".entry"
		}
		for i, key := range sortedMapKeys(v) {
			entry := name + "." + strconv.Itoa(i+1)
			f.params.Set(entry+"."+orElse(s.Key.LocationName, "key"), key.String())
			f.value(&s.Elem, v.MapIndex(key), entry+"."+orElse(s.Elem.LocationName, "value"))
		}
	default:
		f.params.Set(name, formatScalar(s, v, m.Time))
	}
}

// normal leaves out what a form cannot say: a map without entries is absent.
func normal(in *PutThingInput) *PutThingInput {
	out := *in
	if len(out.Labels) == 0 {
		out.Labels = nil
	}
	if len(out.FlatTags) == 0 {
		out.FlatTags = nil
	}
	return &out
}
