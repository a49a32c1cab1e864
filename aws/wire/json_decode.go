package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// decodeJSON reads one JSON document into v, the Go value of the shape. An empty
// body and null stand for nothing at all; more than 10,000 levels of nesting are
// refused.
func decodeJSON(s *Shape, body []byte, v reflect.Value) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	d := jsonReader{jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	if d.PeekKind() == 'n' {
		if err := d.skip(); err != nil {
			return err
		}
	} else if err := d.value(s, v); err != nil {
		return err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return serialization("Unexpected data after the JSON document")
	}
	return nil
}

// jsonReader reads values where the model says what they have to be.
type jsonReader struct{ *jsontext.Decoder }

// value reads the next value into v.
func (d jsonReader) value(s *Shape, v reflect.Value) error {
	switch s.Kind {
	case Structure:
		return d.structure(s, v)
	case List:
		return d.list(s, v)
	case Map:
		return d.entries(s, v)
	case Document:
		return d.document(v)
	}
	switch d.PeekKind() {
	case '{':
		return serialization("Start of structure or map found where not expected.")
	case '[':
		return serialization("Start of list found where not expected")
	}
	return d.scalar(s, v)
}

// open reads the beginning of an object or array.
func (d jsonReader) open() error {
	_, err := d.ReadToken()
	return jsonProblem(err)
}

// skip reads a value that nobody wants.
func (d jsonReader) skip() error { return jsonProblem(d.SkipValue()) }

// ends says whether the object or array that is being read ends here.
func (d jsonReader) ends(kind jsontext.Kind) (bool, error) {
	switch d.PeekKind() {
	case kind:
		return true, d.open()
	case jsontext.KindInvalid:
		return false, d.open()
	}
	return false, nil
}

func (d jsonReader) structure(s *Shape, v reflect.Value) error {
	switch kind := d.PeekKind(); kind {
	case '{':
	case '[':
		return serialization("Unrecognized collection type class %s", s.Name)
	case jsontext.KindInvalid:
		return d.open()
	default:
		return serialization("%s found where a structure was expected", jsonTypes[kind])
	}
	if err := d.open(); err != nil {
		return err
	}
	for {
		if end, err := d.ends('}'); end || err != nil {
			return err
		}
		name, err := d.ReadValue()
		if err != nil {
			return jsonProblem(err)
		}
		if err := d.member(s.memberAt(name), s, v); err != nil {
			return err
		}
	}
}

// member reads a structure's member, which may have been read before: then the
// last one counts.
func (d jsonReader) member(i int, s *Shape, v reflect.Value) error {
	if i < 0 {
		return d.skip()
	}
	field := v.Field(i)
	field.SetZero()
	if d.PeekKind() == 'n' {
		return d.skip()
	}
	return d.value(s.Members[i].shape, slot(field))
}

// memberAt finds the member that a JSON string names, -1 for none.
func (s *Shape) memberAt(quoted jsontext.Value) int {
	name := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		plain, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil {
			return -1
		}
		name = plain
	}
	for i := range s.Members {
		if s.Members[i].Name == string(name) {
			return i
		}
	}
	return -1
}

func (d jsonReader) list(s *Shape, v reflect.Value) error {
	switch d.PeekKind() {
	case '[':
	case '{':
		return serialization("Start of structure or map found where not expected.")
	case jsontext.KindInvalid:
		return d.open()
	default:
		return serialization("Expected list or null")
	}
	if err := d.open(); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 4))
	for n := 0; ; n++ {
		if end, err := d.ends(']'); end || err != nil {
			return err
		}
		if d.PeekKind() == 'n' {
			return serialization("NULL_VALUE can not be an element of a list")
		}
		if n == v.Cap() {
			v.Grow(n)
		}
		v.SetLen(n + 1)
		if err := d.value(s.Elem.shape, v.Index(n)); err != nil {
			return err
		}
	}
}

func (d jsonReader) entries(s *Shape, v reflect.Value) error {
	switch d.PeekKind() {
	case '{':
	case '[':
		return serialization("Start of list found where not expected")
	case jsontext.KindInvalid:
		return d.open()
	default:
		return serialization("Expected map or null")
	}
	if err := d.open(); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(v.Type()))
	for {
		if end, err := d.ends('}'); end || err != nil {
			return err
		}
		name, err := d.ReadToken()
		if err != nil {
			return jsonProblem(err)
		}
		key := name.String()
		if d.PeekKind() == 'n' {
			return serialization("NULL_VALUE can not be a value of a map")
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(s.Elem.shape, elem); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key), elem)
	}
}

func (d jsonReader) document(v reflect.Value) error {
	raw, err := d.ReadValue()
	if err != nil {
		return jsonProblem(err)
	}
	tree := json.NewDecoder(bytes.NewReader(raw))
	tree.UseNumber()
	return tree.Decode(v.Addr().Interface())
}

func (d jsonReader) scalar(s *Shape, v reflect.Value) error {
	token, err := d.ReadToken()
	if err != nil {
		return jsonProblem(err)
	}
	kind := token.Kind()
	ok := false
	switch s.Kind {
	case String:
		if ok = kind == '"'; ok {
			v.SetString(token.String())
		}
	case Boolean:
		if ok = kind == 't' || kind == 'f'; ok {
			v.SetBool(kind == 't')
		}
	case Integer, Long:
		var n int64
		if n, ok = jsonInteger(token); ok && !v.OverflowInt(n) {
			v.SetInt(n)
		} else {
			ok = false
		}
	case Float, Double:
		var f float64
		if f, ok = jsonFloat(token); ok {
			v.SetFloat(f)
		}
	case Blob:
		if ok = kind == '"'; ok {
			b, err := base64.StdEncoding.DecodeString(token.String())
			if err != nil {
				return serialization("Invalid base64 in a blob")
			}
			v.SetBytes(b)
		}
	case Timestamp:
		return jsonTime(token, v)
	}
	if !ok {
		return serialization("%s cannot be converted to %s", jsonTypes[kind], kindNames[s.Kind])
	}
	return nil
}

// jsonTime takes epoch seconds, with a fraction, and for other formats what
// [parseTime] takes.
func jsonTime(token jsontext.Token, v reflect.Value) error {
	switch token.Kind() {
	case '0':
		f, err := strconv.ParseFloat(token.String(), 64)
		if err == nil && math.Abs(f) < maxEpoch {
			v.Set(reflect.ValueOf(time.UnixMilli(int64(math.Round(f * 1000))).UTC()))
			return nil
		}
	case '"':
		if t, ok := parseTime(token.String()); ok {
			v.Set(reflect.ValueOf(t))
			return nil
		}
	}
	return serialization("%s can not be converted to milliseconds since epoch", jsonTypes[token.Kind()])
}

// jsonInteger takes whole numbers however they are written: 1, 1.0, 1e3.
func jsonInteger(token jsontext.Token) (int64, bool) {
	if token.Kind() != '0' {
		return 0, false
	}
	number := token.String()
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

func jsonFloat(token jsontext.Token) (float64, bool) {
	switch token.Kind() {
	case '0':
		f, err := strconv.ParseFloat(token.String(), 64)
		return f, err == nil
	case '"':
		switch token.String() {
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

// jsonProblem is the error for a document that isn't JSON, nil for none.
func jsonProblem(err error) error {
	if err == nil {
		return nil
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		err = fmt.Errorf("%w (at offset %d)", syntax.Err, syntax.ByteOffset)
	}
	return serialization("Unable to parse the request body as JSON: %s", err)
}

// jsonTypes are the words of AWS's parser for JSON values.
var jsonTypes = map[jsontext.Kind]string{
	'"': "STRING_VALUE", '0': "NUMBER_VALUE", 't': "TRUE_VALUE", 'f': "FALSE_VALUE", 'n': "NULL_VALUE",
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
