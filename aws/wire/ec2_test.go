package wire

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kaimon.dev/kaimon/aws"
)

func TestEC2Decode(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       PutThingInput
	}{
		{"capitalised names", "Action=PutThing&Version=1&Name=a&Flag=false", PutThingInput{Name: Ptr("a"), Flag: Ptr(false)}},
		{"query name", "Moniker.1=a&Moniker.2=b", PutThingInput{Names: []string{"a", "b"}}},
		{"XML name capitalised, every list flattened", "ItemSet.1.Key=a&ItemSet.1.Children.1.Value=b",
			PutThingInput{Items: []Item{{Key: Ptr("a"), Children: []Item{{Value: Ptr("b")}}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decodeThing(EC2Query, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEC2DecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, body, code, message string }{
		{"unknown parameter", "Nope=1", "UnknownParameter", "The parameter Nope is not recognized"},
		{"unknown below a structure", "Parent.Key=a&Parent.Nope.1=b", "UnknownParameter", "The parameter Parent.Nope.1 is not recognized"},
		{"a list without numbers", "Moniker.first=a", "UnknownParameter", "The parameter Moniker.first is not recognized"},
		{"the wrong case", "name=a", "UnknownParameter", "The parameter name is not recognized"},
		{"a value for a list", "Moniker=a", "InvalidParameterValue", "Value (a) for parameter Moniker is invalid. Expecting a value of type List."},
		{"a value for a structure", "Parent=a", "InvalidParameterValue", "Value (a) for parameter Parent is invalid. Expecting a value of type Structure."},
		{"word for a boolean", "Flag=maybe", "InvalidParameterValue", "Value (maybe) for parameter Flag is invalid. Expecting a value of type Boolean."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decodeThing(EC2Query, c.body)
			if e, ok := aws.AsError(err); !ok || e.Code != c.code || e.Message != c.message {
				t.Errorf("got %v, want %s: %s", err, c.code, c.message)
			}
		})
	}
}

func TestEC2Encode(t *testing.T) {
	noon := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	got := encodeThing(t, EC2Query, &PutThingOutput{Name: Ptr("a"), When: &noon, Names: []string{"x"}, Items: []Item{{Key: Ptr("k")}}})
	want := xmlHead + `<PutThingResponse xmlns="https://things.example/doc/2020-01-01/"><requestId>req-1</requestId>` +
		`<name>a</name><when>2026-01-02T03:04:05.006Z</when><nameSet><item>x</item></nameSet>` +
		`<itemSet><member><key>k</key></member></itemSet></PutThingResponse>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEC2AnswersTrueWhereThereIsNothingToSay(t *testing.T) {
	s := thingService()
	op, _ := s.Operation("DropThing")
	resp, err := ec2Codec{}.Encode(s, op, &DropThingOutput{}, "req-1")
	if err != nil {
		t.Fatal(err)
	}
	want := xmlHead + `<DropThingResponse xmlns="https://things.example/doc/2020-01-01/"><requestId>req-1</requestId><return>true</return></DropThingResponse>`
	if string(resp.Body) != want {
		t.Errorf("got  %s\nwant %s", resp.Body, want)
	}
}

func TestEC2Error(t *testing.T) {
	resp := ec2Codec{}.EncodeError(thingService(), aws.Errorf("InvalidGroup.NotFound", "no & none"), "req-1")
	want := xmlHead + `<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>no &amp; none</Message></Error></Errors><RequestID>req-1</RequestID></Response>`
	if string(resp.Body) != want || resp.Status != 400 {
		t.Errorf("status %d\ngot  %s\nwant %s", resp.Status, resp.Body, want)
	}
}
