package ec2api

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"kaimon.dev/kaimon/services/ec2"
)

// rehearsed is a world in which every request is a dry run first, and is
// repeated if it has a client token.
type rehearsed struct {
	*world
	did      map[string]bool // operations
	requests int
}

// does makes a request and returns its answer as A. Before, its dry run must be
// answered as one and change nothing; after, so must its repetition with the
// same client token, with the same answer.
func does[A any](w *rehearsed, in any) *A {
	w.t.Helper()
	operation := strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
	w.did[operation] = true
	w.requests++
	call := func() (any, error) {
		out := reflect.ValueOf(w.Handlers).MethodByName(operation).Call([]reflect.Value{reflect.ValueOf(w.ctx), reflect.ValueOf(in)})
		err, _ := out[1].Interface().(error)
		return out[0].Interface(), err
	}
	member := reflect.ValueOf(in).Elem().FieldByName
	before := w.rows()
	if dry := member("DryRun"); dry.IsValid() {
		dry.Set(reflect.ValueOf(p(true)))
		_, err := call()
		refused(w.t, err, "DryRunOperation", "Request would have succeeded")
		if now := w.rows(); !maps.Equal(before, now) {
			w.t.Errorf("%s: a dry run changed %s", operation, differences(before, now))
		}
		dry.SetZero()
	}
	token := member("ClientToken")
	if token.IsValid() {
		token.Set(reflect.ValueOf(p(fmt.Sprint("request ", w.requests))))
	}
	out, err := call()
	if err != nil {
		w.t.Fatalf("%s: %v", operation, err)
	}
	after := w.rows()
	if maps.Equal(before, after) {
		w.t.Errorf("%s changed nothing", operation)
	}
	if token.IsValid() {
		again, err := call()
		if err != nil || text(again) != text(out) {
			w.t.Errorf("%s repeated: %v, %s, first %s", operation, err, text(again), text(out))
		}
		if now := w.rows(); !maps.Equal(after, now) {
			w.t.Errorf("%s: the repetition changed %s", operation, differences(after, now))
		}
	}
	return out.(*A)
}

// rows are all rows of EC2's tables, as text.
func (w *rehearsed) rows() map[string]string {
	all := map[string]string{}
	for _, table := range ec2.Tables() {
		walk := reflect.ValueOf(table).MethodByName("All").Call([]reflect.Value{reflect.ValueOf(w.Store.Snapshot())})[0]
		n := 0
		walk.Call([]reflect.Value{reflect.MakeFunc(walk.Type().In(0), func(row []reflect.Value) []reflect.Value {
			n++
			all[fmt.Sprintf("%s %d", table.Name(), n)] = text(row[0].Interface())
			return []reflect.Value{reflect.ValueOf(true)}
		})})
	}
	return all
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // rows and answers are data
	}
	return string(b)
}

// differences are the rows of a that b doesn't have so, and the other way round.
func differences(a, b map[string]string) (out []string) {
	for _, both := range [][2]map[string]string{{a, b}, {b, a}} {
		for k, v := range both[0] {
			if both[1][k] != v {
				out = append(out, k+": "+v)
			}
		}
	}
	return out
}
