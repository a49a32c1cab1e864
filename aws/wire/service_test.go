package wire

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
)

// PutThingInput has a member of every kind, which the tests of all codecs share.
type PutThingInput struct {
	Name     *string
	Flag     *bool
	Count    *int32
	Big      *int64
	Ratio    *float64
	When     *time.Time
	Day      *time.Time
	Data     []byte
	Color    *string
	Names    []string
	Flat     []string
	Items    []Item
	Matrix   [][]int32
	Labels   map[string]string
	FlatTags map[string]string
	Parent   *Item
}

// Item is a structure that contains itself.
type Item struct {
	Key      *string
	Value    *string
	Children []Item
}

// PutThingOutput is like the input, so that both ways can be compared.
type PutThingOutput PutThingInput

// DropThingInput has nothing.
type DropThingInput struct{}

// DropThingOutput has nothing.
type DropThingOutput struct{}

func thingMembers() []Member {
	return []Member{
		{Name: "name", Target: "Name", Required: true},
		{Name: "flag", Target: "Flag"},
		{Name: "count", Target: "Count"},
		{Name: "big", Target: "Big"},
		{Name: "ratio", Target: "Ratio"},
		{Name: "when", Target: "Time"},
		{Name: "day", Target: "Time", Time: ISO8601Time},
		{Name: "data", Target: "Data"},
		{Name: "color", Target: "Color"},
		{Name: "names", Target: "Names", LocationName: "nameSet", QueryName: "Moniker"},
		{Name: "flat", Target: "FlatList"},
		{Name: "items", Target: "Items", LocationName: "itemSet"},
		{Name: "matrix", Target: "Matrix"},
		{Name: "labels", Target: "Labels"},
		{Name: "flatTags", Target: "FlatMap", Flattened: true},
		{Name: "parent", Target: "Item"},
	}
}

var thingTable = []Shape{
	{Name: "PutThingInput", Kind: Structure, Members: thingMembers()},
	{Name: "PutThingOutput", Kind: Structure, Members: thingMembers()},
	{Name: "DropThingInput", Kind: Structure},
	{Name: "DropThingOutput", Kind: Structure},
	{Name: "Item", Kind: Structure, Members: []Member{
		{Name: "key", Target: "Key", Required: true},
		{Name: "value", Target: "Name"},
		{Name: "children", Target: "Items"},
	}},
	{Name: "Name", Kind: String},
	{Name: "Key", Kind: String, Bounds: &Bounds{Min: 1, Max: 5}, Pattern: `[\x{0061}-z]*`},
	{Name: "Color", Kind: String, Enum: []string{"RED", "BLUE"}},
	{Name: "Flag", Kind: Boolean},
	{Name: "Count", Kind: Integer, Bounds: &Bounds{Min: 5, Max: 1000}},
	{Name: "Number", Kind: Integer},
	{Name: "Big", Kind: Long},
	{Name: "Ratio", Kind: Double, Bounds: &Bounds{Min: 0, Max: NoMax}},
	{Name: "Time", Kind: Timestamp},
	{Name: "Data", Kind: Blob, Bounds: &Bounds{Min: NoMin, Max: 8}},
	{Name: "Names", Kind: List, Elem: Member{Target: "Key", LocationName: "item"}, Bounds: &Bounds{Min: 0, Max: 3}},
	{Name: "FlatList", Kind: List, Elem: Member{Target: "Color"}, Flattened: true},
	{Name: "Items", Kind: List, Elem: Member{Target: "Item"}},
	{Name: "Row", Kind: List, Elem: Member{Target: "Number"}},
	{Name: "Matrix", Kind: List, Elem: Member{Target: "Row"}},
	{Name: "Labels", Kind: Map, Key: Member{Target: "Key"}, Elem: Member{Target: "Color"}},
	{Name: "FlatMap", Kind: Map, Key: Member{Target: "Name", LocationName: "K"}, Elem: Member{Target: "Name", LocationName: "V"}},
}

type thingAPI struct{}

func (thingAPI) PutThing(_ context.Context, in *PutThingInput) (*PutThingOutput, error) {
	if Val(in.Name) == "broken" {
		return nil, aws.Errorf("ThingBroken", "broken")
	}
	return (*PutThingOutput)(in), nil
}

func (thingAPI) DropThing(context.Context, *DropThingInput) (*DropThingOutput, error) {
	return nil, nil
}

func thingService() *Service {
	return Link(Service{
		Name: "thing", SigningName: "things", APIVersion: "2020-01-01", TargetPrefix: "ThingV1",
		XMLNamespace: "https://things.example/doc/2020-01-01",
		Protocols:    []Protocol{JSON11, Query, EC2Query},
		Operations: []Operation{
			Op(Operation{Name: "PutThing", ResultWrapper: "PutThingResult"}, thingAPI{}.PutThing),
			Op(Operation{Name: "DropThing"}, thingAPI{}.DropThing),
		},
		Errors: []ErrorShape{{Code: "ThingBroken", Status: 500, Fault: aws.Receiver}, {Code: "ThingMissing", Status: 404, Fault: aws.Sender}},
	}, thingTable)
}

// decodeThing decodes a body as PutThing's input.
func decodeThing(p Protocol, body string) (*PutThingInput, error) {
	s := thingService()
	op, _ := s.Operation("PutThing")
	codec, _ := CodecOf(p)
	in, err := codec.Decode(s, op, httptest.NewRequest(http.MethodPost, "/", nil), []byte(body))
	if err != nil {
		return nil, err
	}
	return in.(*PutThingInput), nil
}

// encodeThing encodes PutThing's answer.
func encodeThing(t testing.TB, p Protocol, out *PutThingOutput) string {
	t.Helper()
	s := thingService()
	op, _ := s.Operation("PutThing")
	codec, _ := CodecOf(p)
	resp, err := codec.Encode(s, op, out, "req-1")
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("x-amzn-RequestId"); got != "req-1" {
		t.Errorf("request ID %q", got)
	}
	return string(resp.Body)
}

func TestCallPassesErrorsAndNeverAnswersNil(t *testing.T) {
	s := thingService()
	put, _ := s.Operation("PutThing")
	if out, err := put.Call(t.Context(), &PutThingInput{Name: Ptr("broken")}); err == nil || out != nil {
		t.Errorf("Call = %v, %v, want an error", out, err)
	}
	drop, _ := s.Operation("DropThing")
	out, err := drop.Call(t.Context(), drop.NewInput())
	if err != nil || out.(*DropThingOutput) == nil {
		t.Errorf("Call = %v, %v, want an empty answer", out, err)
	}
}

func TestCompleteTakesStatusFromTheModel(t *testing.T) {
	s := thingService()
	for _, c := range []struct {
		err    *aws.Error
		status int
	}{
		{aws.Errorf("ThingMissing", "gone"), 404},
		{aws.Errorf("ThingBroken", "oh"), 500},
		{aws.Errorf("Unheard", "of"), 400},
		{&aws.Error{Code: "ThingMissing", Status: 410}, 410},
	} {
		if got := s.Complete(c.err).HTTPStatus(); got != c.status {
			t.Errorf("%v: status %d, want %d", c.err, got, c.status)
		}
	}
}

func TestLinkRefusesATableThatContradictsItself(t *testing.T) {
	for name, table := range map[string][]Shape{
		"missing shape": {{Name: "DropThingInput", Members: []Member{{Name: "x", Target: "Nowhere"}}}},
		"other fields": {
			{Name: "DropThingInput", Members: []Member{{Name: "x", Target: "S"}}}, {Name: "DropThingOutput"}, {Name: "S", Kind: String},
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			Link(Service{Operations: []Operation{Op(Operation{Name: "DropThing"}, thingAPI{}.DropThing)}}, table)
		})
	}
}

func TestPtrAndVal(t *testing.T) {
	if Val(Ptr(7)) != 7 || Val[string](nil) != "" {
		t.Error("Ptr and Val disagree")
	}
}
