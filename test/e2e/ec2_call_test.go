package e2e

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/rogpeppe/go-internal/testscript"
)

// callEC2 calls an operation of EC2, whose protocol isn't JSON, by the SDK: a
// tenth of what the aws CLI takes, for what a script needs and doesn't test. The
// body has the input's members by name, and the answer is what the aws CLI would
// print.
func callEC2(ts *testscript.TestScript, operation, body string) (string, error) {
	client, err := worldOf(ts).current.EC2()
	ts.Check(err)
	method := reflect.ValueOf(client).MethodByName(operation)
	if !method.IsValid() {
		ts.Fatalf("EC2 has no operation %s", operation)
	}
	in := reflect.New(method.Type().In(1).Elem())
	ts.Check(json.Unmarshal([]byte(body), in.Interface()))
	out := method.Call([]reflect.Value{reflect.ValueOf(context()), in})
	if !out[1].IsNil() {
		return "", out[1].Interface().(error)
	}
	answer, err := json.Marshal(out[0].Interface())
	ts.Check(err)
	return string(answer), nil
}

// callEC2Command is call ec2:OPERATION BODY.
func callEC2Command(ts *testscript.TestScript, neg bool, operation, body string) {
	answer, err := callEC2(ts, operation, body)
	expect(ts, neg, err)
	if err != nil {
		answer = err.Error()
	}
	fmt.Fprintln(ts.Stdout(), answer)
}
