package wire

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kaimon.dev/kaimon/aws"
)

// fuzzDecoder checks that a decoder takes any body without harm: it answers
// with an *aws.Error or an input that validation and the encoders can take.
func fuzzDecoder(f *testing.F, p Protocol) {
	f.Fuzz(func(t *testing.T, body string) {
		in, err := decodeThing(p, body)
		if err != nil {
			if e, ok := aws.AsError(err); !ok || e.HTTPStatus() >= 500 {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		s := thingService()
		op, _ := s.Operation("PutThing")
		_ = s.Validate(op, in)
		again := encodeThing(t, JSON11, (*PutThingOutput)(in))
		back, err := decodeThing(JSON11, again)
		if err != nil {
			t.Fatalf("%q: decoded, encoded as %s, then: %v", body, again, err)
		}
		if diff := cmp.Diff(in, back, cmpopts.EquateNaNs(), cmp.Comparer(sameText)); diff != "" {
			t.Fatalf("%q: %s: %s", body, again, diff)
		}
	})
}

// sameText takes invalid UTF-8, which JSON cannot carry, for its replacement.
func sameText(a, b string) bool {
	return reflect.DeepEqual([]rune(a), []rune(b))
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"name":"x","items":[{"key":"a","children":[{}]}]}`, `{"count":1e2,"when":1.5,"labels":{"a":"b"}}`,
		`{"matrix":[[1],[]]}`, `{"data":"aGk="}`, `[[[[`, `{"ratio":"NaN"}`, `{"a":{"b":null}}`,
	} {
		f.Add(seed)
	}
	fuzzDecoder(f, JSON11)
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		``, `Action=A&Version=B`, `name=x&count=1`, `nameSet.item.1=a&nameSet.item.1.x=b`, `labels.entry.1.key=a&labels.entry.1.value=b`,
		`flatTags.1.K=a`, `itemSet.member.1.children.member.1.key=c`, `%`, `..=1`, `matrix.member.1.member.2=3`, `when=1e9`,
	} {
		f.Add(seed)
	}
	fuzzDecoder(f, Query)
}

func FuzzEC2(f *testing.F) {
	for _, seed := range []string{
		``, `Name=x`, `Moniker.1=a&Moniker.3=b`, `ItemSet.1.Children.1.Key=a`, `Parent.Key=1&Parent=2`, `Labels.1=x`, `Day=2026-01-02`, `Data=aGk%3D`,
	} {
		f.Add(seed)
	}
	fuzzDecoder(f, EC2Query)
}
