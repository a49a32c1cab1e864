package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2/ec2api"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/elbv2/elbv2api"
	"kaimon.dev/kaimon/services/sts/stsapi"
)

// pythonCall is a call that calls.py is asked to make.
type pythonCall struct {
	Service   string         `json:"service"`
	Operation string         `json:"operation"`
	Params    map[string]any `json:"params"`
}

// runPython makes the calls with botocore; it skips where there is none.
func runPython(t *testing.T, endpoint string, calls []pythonCall) []json.RawMessage {
	t.Helper()
	if err := exec.Command("python3", "-c", "import botocore.session").Run(); err != nil {
		t.Skip("no botocore on this machine")
	}
	in, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "testdata/calls.py", endpoint)
	cmd.Stdin = bytes.NewReader(in)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var answers []json.RawMessage
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(calls) {
		t.Fatalf("%d answers to %d calls: %v", len(answers), len(calls), err)
	}
	return answers
}

// echoServer decodes every request and answers what answer makes of the operation.
type echoServer struct {
	t        *testing.T
	services *wire.Directory
	decoded  []any
	answer   func(s *wire.Service, op *wire.Operation) (any, *aws.Error)
}

func (e *echoServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		e.t.Error(err)
	}
	call, _ := wire.Detect(r, body)
	scope := strings.Split(r.Header.Get("Authorization"), "/") // key/date/region/service/aws4_request
	if len(scope) < 5 {
		e.t.Errorf("authorization %q", scope)
		return
	}
	s, op, codec, err := e.services.Find(call, scope[3])
	if err != nil {
		e.t.Errorf("%+v: %v", call, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	in, err := codec.Decode(s, op, r, body)
	if err != nil {
		e.t.Errorf("%s: %v", op.Name, err)
	}
	e.decoded = append(e.decoded, in)
	out, refused := e.answer(s, op)
	resp := &wire.Response{}
	if refused != nil {
		resp = codec.EncodeError(s, refused, "id")
	} else if resp, err = codec.Encode(s, op, out, "id"); err != nil {
		e.t.Errorf("%s: %v", op.Name, err)
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body)
}

var apis = map[*wire.Service]reflect.Type{
	ecsService: reflect.TypeFor[ecsapi.API](), ec2Service: reflect.TypeFor[ec2api.API](),
	stsService: reflect.TypeFor[stsapi.API](), elbv2Service: reflect.TypeFor[elbv2api.API](),
}

// TestBotocoreUnderstandsUs calls every operation with every member set, and
// compares what arrived with what was sent, both ways.
func TestBotocoreUnderstandsUs(t *testing.T) {
	server := &echoServer{t: t, services: wire.NewDirectory(ecsService, ec2Service, stsService, elbv2Service)}
	server.answer = func(s *wire.Service, op *wire.Operation) (any, *aws.Error) {
		method, _ := apis[s].MethodByName(op.Name)
		out := reflect.New(method.Type.Out(0).Elem()).Interface()
		if err := json.Unmarshal(marshal(t, sample(op.Output(), 0)), out); err != nil {
			t.Errorf("%s: %v", op.Name, err)
		}
		return out, nil
	}
	listener := httptest.NewServer(server)
	defer listener.Close()
	var calls []pythonCall
	var ops []*wire.Operation
	for s := range apis {
		for i := range s.Operations {
			op := &s.Operations[i]
			ops = append(ops, op)
			calls = append(calls, pythonCall{s.Name, op.Name, wholeSeconds(t, sample(op.Input(), 0))})
		}
	}
	answers := runPython(t, listener.URL, calls)
	for i, op := range ops {
		t.Run(calls[i].Service+"/"+op.Name, func(t *testing.T) {
			compareLeaves(t, marshal(t, calls[i].Params), marshal(t, server.decoded[i]))
			compareLeaves(t, marshal(t, sample(op.Output(), 0)), answers[i])
		})
	}
}

// TestBotocoreUnderstandsOurErrors checks code and message in each protocol.
func TestBotocoreUnderstandsOurErrors(t *testing.T) {
	server := &echoServer{t: t, services: wire.NewDirectory(ecsService, ec2Service, stsService)}
	server.answer = func(s *wire.Service, _ *wire.Operation) (any, *aws.Error) {
		return nil, aws.Errorf("SomethingNotFound", "no <%s>", s.Name)
	}
	listener := httptest.NewServer(server)
	defer listener.Close()
	calls := []pythonCall{{"ecs", "ListTasks", nil}, {"ec2", "DescribeVpcs", nil}, {"sts", "GetCallerIdentity", nil}}
	for i := range calls {
		calls[i].Params = map[string]any{}
	}
	for i, answer := range runPython(t, listener.URL, calls) {
		var got struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("no <%s>", calls[i].Service); got.Error.Code != "SomethingNotFound" || got.Error.Message != want {
			t.Errorf("%s: got %+v", calls[i].Service, got.Error)
		}
	}
}

// sample makes a value of a shape with every member set, by the model's names.
func sample(s *wire.Shape, depth int) any {
	switch s.Kind {
	case wire.Structure:
		members := map[string]any{}
		for i := range s.Members {
			if m := &s.Members[i]; depth < 12 || m.Required {
				members[m.Name] = sample(m.Shape(), depth+1)
			}
		}
		return members
	case wire.List:
		return []any{sample(s.Elem.Shape(), depth+1), sample(s.Elem.Shape(), depth+1)}
	case wire.Map:
		return map[string]any{"k1": sample(s.Elem.Shape(), depth+1), "k2": sample(s.Elem.Shape(), depth+1)}
	case wire.Boolean:
		return depth%2 == 0
	case wire.Integer, wire.Long:
		return 40 + depth
	case wire.Float, wire.Double:
		return 0.5 + float64(depth)
	case wire.Timestamp:
		return "2026-01-02T03:04:05" + fraction + "Z"
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	return "<" + s.Name + " & é>"
}

// fraction is that of every time of a sample.
const fraction = ".678"

// wholeSeconds takes the fractions out of a sample's times: botocore sends none.
func wholeSeconds(t *testing.T, sample any) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(bytes.ReplaceAll(marshal(t, sample), []byte(fraction+"Z"), []byte("Z")), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
