package store

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Rows are CBOR maps (RFC 8949) by Go field name, so that a row type may gain
// and lose fields. Times are text with all their digits, because CBOR's own
// numbers round them; text needn't be UTF-8, because a row that could be
// written must be readable.
var (
	rowEncoding = must(cbor.EncOptions{Sort: cbor.SortCoreDeterministic, Time: cbor.TimeRFC3339Nano}.EncMode())
	rowDecoding = must(cbor.DecOptions{
		UTF8:              cbor.UTF8DecodeInvalid,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		MaxArrayElements:  math.MaxInt32,
		MaxMapPairs:       math.MaxInt32,
		MaxNestedLevels:   64,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func encodeRow(row any) ([]byte, error) { return rowEncoding.Marshal(row) }

func decodeRow(data []byte, row any) error { return rowDecoding.Unmarshal(data, row) }

var (
	timeType      = reflect.TypeFor[time.Time]()
	marshalerType = reflect.TypeFor[encoding.BinaryMarshaler]()
)

// storable says why values of a type would not come back from the journal as
// they went in; nil when they do.
func storable(t reflect.Type) error { return storableIn(t, map[reflect.Type]bool{}) }

func storableIn(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] || t == timeType || t.Implements(marshalerType) {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return storableIn(t.Elem(), seen)
	case reflect.Map:
		if err := storableIn(t.Key(), seen); err != nil {
			return err
		}
		return storableIn(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			if !field.IsExported() && !field.Anonymous {
				return fmt.Errorf("%s.%s is not exported", t, field.Name)
			}
			if err := storableIn(field.Type, seen); err != nil {
				return fmt.Errorf("%s.%s: %w", t, field.Name, err)
			}
		}
		return nil
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return fmt.Errorf("a %s can't be stored", t.Kind())
	default:
		return nil
	}
}
