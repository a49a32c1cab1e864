package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// View is an operator's look at a store, whether a server has it open or not.
type View struct {
	// query calls emit for every line of the answer.
	query func(q viewQuery, emit func(viewLine) error) error
}

// TableView describes a table.
type TableView struct {
	Name string
	Rows int
	// Known tells that the program that looked has the table; the rows of
	// others are shown as they are on disk.
	Known bool
}

// RowView is a row.
type RowView struct {
	ID string
	// JSON is the row as one JSON object by Go field names.
	JSON json.RawMessage
}

// viewQuery asks for the rows of a table whose ids begin with Prefix, or for
// the tables if Table is empty.
type viewQuery struct{ Table, Prefix string }

// viewLine is a part of the answer: one of its fields is set.
type viewLine struct {
	Table *TableView `json:",omitempty"`
	Row   *RowView   `json:",omitempty"`
	Error string     `json:",omitempty"`
	End   bool       `json:",omitempty"`
}

// OpenView looks at the store in a folder. When no server has it open, the
// files are read, and nothing in them changes; the view stays as it was then.
// Otherwise that server is asked, for its newest state each time.
func OpenView(dir string, tables ...AnyTable) (*View, error) {
	image, err := readImage(dir, tables)
	if errors.Is(err, ErrInUse) {
		return &View{query: func(q viewQuery, emit func(viewLine) error) error { return askServer(dir, q, emit) }}, nil
	}
	if err != nil {
		return nil, err
	}
	return &View{query: image.answer}, nil
}

// Tables lists the tables that have rows or that the program knows, by name.
func (v *View) Tables() ([]TableView, error) {
	var tables []TableView
	err := v.query(viewQuery{}, func(line viewLine) error {
		tables = append(tables, *line.Table)
		return nil
	})
	return tables, err
}

// Rows yields the rows of a table whose ids begin with a prefix, in order of
// id. An error comes last.
func (v *View) Rows(table, prefix string) iter.Seq2[RowView, error] {
	return func(yield func(RowView, error) bool) {
		err := v.query(viewQuery{Table: table, Prefix: prefix}, func(line viewLine) error {
			if !yield(*line.Row, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && err != errEnough {
			yield(RowView{}, err)
		}
	}
}

var errEnough = errors.New("store: the reader has seen enough")

// readImage reads the files of a store that no server has open.
func readImage(dir string, tables []AnyTable) (*image, error) {
	st, err := newState(tables)
	if err != nil {
		return nil, err
	}
	if err := readFiles(dir, st); err != nil {
		return nil, err
	}
	return st.image(), nil
}

// answer emits what a query asks for.
func (im *image) answer(q viewQuery, emit func(viewLine) error) error {
	if q.Table == "" {
		return im.answerTables(emit)
	}
	if _, ok := im.tables[q.Table]; ok {
		rows, err := im.txn.Get(q.Table, idPrefix, q.Prefix)
		if err != nil {
			return err
		}
		for row := rows.Next(); row != nil; row = rows.Next() {
			if err := emitRow(im.tables[q.Table].idOf(row), row, emit); err != nil {
				return err
			}
		}
		return nil
	}
	known := false
	for k := range keptRows.Prefix(&Snapshot{im.txn}, keptID(q.Table, q.Prefix)) {
		known = true
		var row any
		if err := decodeRow(k.Row, &row); err != nil {
			return fmt.Errorf("store: table %s: row %q: %w", k.Table, k.ID, err)
		}
		if err := emitRow(k.ID, jsonable(row), emit); err != nil {
			return err
		}
	}
	if !known && q.Prefix == "" {
		return fmt.Errorf("store: there is no table %q", q.Table)
	}
	return nil
}

func (im *image) answerTables(emit func(viewLine) error) error {
	tables := map[string]*TableView{}
	for name := range im.tables {
		tables[name] = &TableView{Name: name, Known: true}
		rows, err := im.txn.Get(name, idIndex)
		if err != nil {
			return err
		}
		for rows.Next() != nil {
			tables[name].Rows++
		}
	}
	for k := range keptRows.All(&Snapshot{im.txn}) {
		if tables[k.Table] == nil {
			tables[k.Table] = &TableView{Name: k.Table}
		}
		tables[k.Table].Rows++
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if err := emit(viewLine{Table: tables[name]}); err != nil {
			return err
		}
	}
	return nil
}

func emitRow(id string, row any, emit func(viewLine) error) error {
	var out bytes.Buffer
	in := json.NewEncoder(&out)
	in.SetEscapeHTML(false)
	if err := in.Encode(row); err != nil {
		return fmt.Errorf("store: row %q: %w", id, err)
	}
	return emit(viewLine{Row: &RowView{ID: id, JSON: bytes.TrimSpace(out.Bytes())}})
}

// jsonable makes of a decoded CBOR item of any kind what JSON can say.
func jsonable(v any) any {
	switch v := v.(type) {
	case map[any]any:
		object := make(map[string]any, len(v))
		for key, value := range v {
			object[fmt.Sprint(key)] = jsonable(value)
		}
		return object
	case []any:
		for i := range v {
			v[i] = jsonable(v[i])
		}
	}
	return v
}
