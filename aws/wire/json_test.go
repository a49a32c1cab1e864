package wire

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
)

func TestJSONDecode(t *testing.T) {
	noon := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	for _, c := range []struct {
		name, body string
		want       PutThingInput
	}{
		{"empty body", "", PutThingInput{}},
		{"empty object", "{}", PutThingInput{}},
		{"null members", `{"name":null,"names":null,"parent":null}`, PutThingInput{}},
		{"unknown members", `{"nope":{"a":[1,{"b":2}]},"name":"x"}`, PutThingInput{Name: Ptr("x")}},
		{"case matters", `{"Name":"x"}`, PutThingInput{}},
		{"duplicate keys, last counts", `{"name":"a","name":"b"}`, PutThingInput{Name: Ptr("b")}},
		{"empty lists are not nil", `{"names":[],"items":[],"labels":{}}`, PutThingInput{Names: []string{}, Items: []Item{}, Labels: map[string]string{}}},
		{"scalars", `{"flag":true,"count":-3,"big":9223372036854775807,"ratio":2.5,"data":"aGk="}`,
			PutThingInput{Flag: Ptr(true), Count: Ptr(int32(-3)), Big: Ptr(int64(math.MaxInt64)), Ratio: Ptr(2.5), Data: []byte("hi")}},
		{"whole numbers with a point", `{"count":1.0,"big":1e3}`, PutThingInput{Count: Ptr(int32(1)), Big: Ptr(int64(1000))}},
		{"times", `{"when":1767323045.678,"day":"2026-01-02T03:04:05.678Z"}`, PutThingInput{When: &noon, Day: &noon}},
		{"nested", `{"items":[{"key":"a","children":[{"key":"b"}]}],"matrix":[[1,2],[]],"labels":{"k":"RED"}}`,
			PutThingInput{Items: []Item{{Key: Ptr("a"), Children: []Item{{Key: Ptr("b")}}}}, Matrix: [][]int32{{1, 2}, {}}, Labels: map[string]string{"k": "RED"}}},
		{"unicode", `{"name":"\u00e9\ud83d\ude00"}`, PutThingInput{Name: Ptr("é😀")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decodeThing(JSON11, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, body, message string }{
		{"not JSON", `{"name":`, "Unable to parse"},
		{"trailing data", `{} {}`, "Unexpected data"},
		{"a list as the document", `[]`, "Unrecognized collection type class PutThingInput"},
		{"a scalar as the document", `7`, "NUMBER_VALUE found where a structure was expected"},
		{"number for a string", `{"name":1}`, "NUMBER_VALUE cannot be converted to String"},
		{"string for an integer", `{"count":"1"}`, "STRING_VALUE cannot be converted to Integer"},
		{"boolean for a string", `{"name":true}`, "TRUE_VALUE cannot be converted to String"},
		{"string for a boolean", `{"flag":"true"}`, "STRING_VALUE cannot be converted to Boolean"},
		{"fraction for an integer", `{"count":1.5}`, "NUMBER_VALUE cannot be converted to Integer"},
		{"integer out of range", `{"count":2147483648}`, "NUMBER_VALUE cannot be converted to Integer"},
		{"long out of range", `{"big":9223372036854775808}`, "NUMBER_VALUE cannot be converted to Long"},
		{"absurd number", `{"big":1e999}`, "NUMBER_VALUE cannot be converted to Long"},
		{"absurd double", `{"ratio":1e999}`, "NUMBER_VALUE cannot be converted to Double"},
		{"structure for a string", `{"name":{}}`, "Start of structure or map found where not expected."},
		{"list for a string", `{"name":[]}`, "Start of list found where not expected"},
		{"string for a list", `{"names":"a"}`, "Expected list or null"},
		{"structure for a list", `{"names":{}}`, "Start of structure or map found where not expected."},
		{"null in a list", `{"names":["a",null]}`, "NULL_VALUE"},
		{"null in a map", `{"labels":{"a":null}}`, "NULL_VALUE"},
		{"list for a map", `{"labels":[]}`, "Start of list found where not expected"},
		{"string for a map", `{"labels":""}`, "Expected map or null"},
		{"bad base64", `{"data":"%%"}`, "base64"},
		{"number for a blob", `{"data":1}`, "NUMBER_VALUE cannot be converted to Blob"},
		{"words for a time", `{"when":"soon"}`, "STRING_VALUE can not be converted to milliseconds since epoch"},
		{"absurd time", `{"when":1e300}`, "NUMBER_VALUE can not be converted to milliseconds since epoch"},
		{"very deep", `{"nope":` + strings.Repeat("[", 20000), "Unable to parse"},
		{"deep nesting of a structure", `{"parent":` + strings.Repeat(`{"children":[`, 20000) + strings.Repeat(`]}`, 20000) + `}`, "Unable to parse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decodeThing(JSON11, c.body)
			e, ok := aws.AsError(err)
			if !ok || e.Code != "SerializationException" || e.HTTPStatus() != 400 || !strings.Contains(e.Message, c.message) {
				t.Errorf("got %v, want SerializationException with %q", err, c.message)
			}
		})
	}
}

func TestJSONEncode(t *testing.T) {
	noon := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.FixedZone("x", 3600))
	for _, c := range []struct {
		name string
		out  PutThingOutput
		want string
	}{
		{"nothing", PutThingOutput{}, `{}`},
		{"nil and empty differ", PutThingOutput{Names: []string{}, Labels: map[string]string{}}, `{"names":[],"labels":{}}`},
		{"in the model's order", PutThingOutput{Count: Ptr(int32(1)), Name: Ptr("n")}, `{"name":"n","count":1}`},
		{"times", PutThingOutput{When: &noon, Day: &noon}, `{"when":1767319445.678,"day":"2026-01-02T02:04:05.678Z"}`},
		{"text", PutThingOutput{Name: Ptr("<a&b>\n\"é")}, `{"name":"<a&b>\n\"é"}`},
		{"floats", PutThingOutput{Ratio: Ptr(math.Inf(-1))}, `{"ratio":"-Infinity"}`},
		{"sorted maps, blobs", PutThingOutput{Data: []byte("hi"), Labels: map[string]string{"b": "2", "a": "1"}}, `{"data":"aGk=","labels":{"a":"1","b":"2"}}`},
		{"nested", PutThingOutput{Parent: &Item{Children: []Item{{}, {Key: Ptr("k")}}}, Matrix: [][]int32{{1}, nil}},
			`{"matrix":[[1],[]],"parent":{"children":[{},{"key":"k"}]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := encodeThing(t, JSON11, &c.out); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestJSONError(t *testing.T) {
	for p, contentType := range map[Protocol]string{JSON10: "application/x-amz-json-1.0", JSON11: "application/x-amz-json-1.1"} {
		codec, _ := CodecOf(p)
		resp := codec.EncodeError(nil, &aws.Error{
			Code: "ConflictException", Message: `a "b"`, Fields: map[string]any{"resourceIds": []string{"x"}, "bad": func() {}},
		}, "req-1")
		if got, want := string(resp.Body), `{"__type":"ConflictException","message":"a \"b\"","resourceIds":["x"]}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if resp.Status != 400 || resp.Header.Get("Content-Type") != contentType || resp.Header.Get("x-amzn-RequestId") != "req-1" {
			t.Errorf("status %d, header %v", resp.Status, resp.Header)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := thingGen().Draw(t, "thing")
		s := thingService()
		op, _ := s.Operation("PutThing")
		resp, err := jsonCodec{}.Encode(s, op, (*PutThingOutput)(in), "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeThing(JSON11, string(resp.Body))
		if err != nil {
			t.Fatalf("%s: %v", resp.Body, err)
		}
		if diff := cmp.Diff(in, got); diff != "" {
			t.Errorf("%s: %s", resp.Body, diff)
		}
	})
}
