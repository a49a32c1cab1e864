package store

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// wide has a field of every shape that rows have.
type wide struct {
	ID      string
	N       int64
	U       uint32
	F       float64
	B       bool
	Bytes   []byte
	When    time.Time
	Until   *time.Time
	Strings []string
	Map     map[string]string
	Nested  map[string][]inner
	Next    *wide
	Addr    netip.Addr
	Prefix  netip.Prefix
	Took    time.Duration
}

type inner struct {
	Name *string
	On   *bool
}

func TestRowComesBackAsItWas(t *testing.T) {
	at := time.Date(2026, 11, 20, 20, 54, 1, 123456789, time.UTC)
	name, on := "", false
	rows := map[string]wide{
		"zero": {},
		"full": {
			ID: "id", N: -1 << 63, U: 1<<32 - 1, F: 0.1, B: true, Bytes: []byte{0, 255}, When: at, Until: &at,
			Strings: []string{"", "x"}, Map: map[string]string{"": "", "k": "v"},
			Nested: map[string][]inner{"n": {{Name: &name, On: &on}, {}}}, Next: &wide{ID: "next"},
			Addr: netip.MustParseAddr("172.31.0.1"), Prefix: netip.MustParsePrefix("fd00::/8"), Took: time.Hour,
		},
		"empty, not nil": {Bytes: []byte{}, Strings: []string{}, Map: map[string]string{}},
		"not UTF-8":      {ID: "\xff\xfe", Map: map[string]string{"\xff": "\xfe"}},
	}
	for name, row := range rows {
		data, err := encodeRow(&row)
		if err != nil {
			t.Fatal(name, err)
		}
		var got wide
		if err := decodeRow(data, &got); err != nil {
			t.Fatal(name, err)
		}
		if !reflect.DeepEqual(got, row) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, row)
		}
	}
}

func TestTableRefusesWhatCannotBeStored(t *testing.T) {
	type private struct{ hidden int }
	refusedRow[struct{ Any any }](t, "interface")
	refusedRow[struct{ F func() }](t, "func")
	refusedRow[struct{ Deep map[string][]*private }](t, "hidden is not exported")
	refusedRow[struct{ C chan int }](t, "chan")
	_ = private{}.hidden
}

func refusedRow[T any](t *testing.T, why string) {
	t.Helper()
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, why) {
			t.Errorf("panic %q, want one with %q", p, why)
		}
	}()
	NewTable("test", func(*T) string { return "" })
}

func TestRecordComesBackAsItWas(t *testing.T) {
	text := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })
	rapid.Check(t, func(t *rapid.T) {
		want := record{Seq: rapid.Uint64().Draw(t, "seq")}
		for range rapid.IntRange(1, 5).Draw(t, "mutations") {
			m := mutation{Table: text.Draw(t, "table"), ID: text.Draw(t, "id")}
			if rapid.Bool().Draw(t, "put") {
				m.Row = append([]byte{}, text.Draw(t, "row")...)
			}
			want.Mutations = append(want.Mutations, m)
		}
		data, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecord(data)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

func TestKeysKeepTheirOrder(t *testing.T) {
	key := rapid.Map(rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, 2, 'a', 0xff})), func(b []byte) string { return string(b) })
	rapid.Check(t, func(t *rapid.T) {
		a, b := key.Draw(t, "a"), key.Draw(t, "b")
		if got, want := bytes.Compare(exactKey(a), exactKey(b)), strings.Compare(a, b); got != want {
			t.Fatalf("%q and %q compare %d, want %d", a, b, got, want)
		}
		if got, want := bytes.HasPrefix(exactKey(a), prefixKey(b)), strings.HasPrefix(a, b); got != want {
			t.Fatalf("%q begins with %q: %v, want %v", a, b, got, want)
		}
	})
}

// FuzzDecodeRecord feeds the journal's decoder: it fails or gives a record that
// can be written and applied, and never panics.
func FuzzDecodeRecord(f *testing.F) {
	for _, r := range []record{
		{Seq: 1},
		{Seq: 1, Mutations: []mutation{{Table: "test.wide", ID: "a", Row: must(encodeRow(wide{ID: "a"}))}, {Table: "test.wide", ID: "b"}}},
		{Seq: 1, Mutations: []mutation{{Table: "unknown", ID: "a", Row: []byte{0xf6}}}},
	} {
		f.Add(must(r.encode()))
	}
	f.Add(must(hex.DecodeString("01828100f6")))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeRecord(data)
		if err != nil {
			return
		}
		if _, err := r.encode(); err != nil {
			t.Errorf("%+v can't be written: %v", r, err)
		}
		st, err := newState([]AnyTable{NewTable("test.wide", func(w *wide) string { return w.ID })})
		if err != nil {
			t.Fatal(err)
		}
		st.apply([]record{r})
	})
}

// FuzzRestore feeds the snapshot's decoder.
func FuzzRestore(f *testing.F) {
	wides := NewTable("test.wide", func(w *wide) string { return w.ID })
	st := must(newState([]AnyTable{wides}))
	st.apply([]record{{Seq: 1, Mutations: []mutation{
		{Table: "test.wide", ID: "a", Row: must(encodeRow(wide{ID: "a"}))},
		{Table: "unknown", ID: "a", Row: []byte{1}},
	}}})
	var image bytes.Buffer
	if err := st.image().writeTo(&image); err != nil {
		f.Fatal(err)
	}
	f.Add(image.Bytes())
	f.Add(image.Bytes()[:image.Len()-5])
	f.Fuzz(func(t *testing.T, data []byte) {
		st := must(newState([]AnyTable{wides}))
		if err := st.restore(bytes.NewReader(data)); err != nil && st.seq.Load() != 0 {
			t.Error("a snapshot that can't be read was restored")
		}
	})
}
