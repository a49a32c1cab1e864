package wire

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
)

func TestQueryDecode(t *testing.T) {
	noon := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name, body string
		want       PutThingInput
	}{
		{"nothing", "Action=PutThing&Version=2020-01-01", PutThingInput{}},
		{"scalars", "name=a+b%26c&flag=true&count=7&big=-8&ratio=1.5&data=aGk%3D&when=2026-01-02T03:04:05Z",
			PutThingInput{Name: Ptr("a b&c"), Flag: Ptr(true), Count: Ptr(int32(7)), Big: Ptr(int64(-8)), Ratio: Ptr(1.5), Data: []byte("hi"), When: &noon}},
		{"an empty string is a string", "name=", PutThingInput{Name: Ptr("")}},
		{"unknown members", "nope=1&nope.2=3", PutThingInput{}},
		{"wrapped list with an element's name", "nameSet.item.1=a&nameSet.item.2=b", PutThingInput{Names: []string{"a", "b"}}},
		{"more than nine, any numbers", "nameSet.item.10=c&nameSet.item.9=b&nameSet.item.2=a", PutThingInput{Names: []string{"a", "b", "c"}}},
		{"empty list", "nameSet=&flat=", PutThingInput{Names: []string{}, Flat: []string{}}},
		{"flattened list", "flat.1=RED&flat.2=BLUE", PutThingInput{Flat: []string{"RED", "BLUE"}}},
		{"list of structures", "itemSet.member.1.key=a&itemSet.member.2.key=b&itemSet.member.1.children.member.1.key=c",
			PutThingInput{Items: []Item{{Key: Ptr("a"), Children: []Item{{Key: Ptr("c")}}}, {Key: Ptr("b")}}}},
		{"list of lists", "matrix.member.1.member.1=1&matrix.member.1.member.2=2&matrix.member.2.member.1=3", PutThingInput{Matrix: [][]int32{{1, 2}, {3}}}},
		{"map", "labels.entry.1.key=a&labels.entry.1.value=RED&labels.entry.2.key=b&labels.entry.2.value=BLUE",
			PutThingInput{Labels: map[string]string{"a": "RED", "b": "BLUE"}}},
		{"flattened map with names", "flatTags.1.K=a&flatTags.1.V=x", PutThingInput{FlatTags: map[string]string{"a": "x"}}},
		{"structure", "parent.key=a", PutThingInput{Parent: &Item{Key: Ptr("a")}}},
		{"no numbers in a list", "nameSet.item.x=a&nameSet.item.0=b&nameSet.item.-1=c", PutThingInput{Names: []string{}}},
		{"a signature's parameters", "X-Amz-Signature=1&AWSAccessKeyId=2&SecurityToken=3", PutThingInput{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decodeThing(Query, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQueryDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, body, code string }{
		{"bad escape", "name=%zz", "MalformedQueryString"},
		{"word for an integer", "count=x", "MalformedInput"},
		{"integer out of range", "count=2147483648", "MalformedInput"},
		{"word for a boolean", "flag=maybe", "MalformedInput"},
		{"word for a time", "when=soon", "MalformedInput"},
		{"not a number as a time", "when=NaN", "MalformedInput"},
		{"bad base64", "data=%25", "MalformedInput"},
		{"members of a scalar", "name.x=1", "MalformedInput"},
		{"map without a value", "labels.entry.1.key=a", "MalformedInput"},
		{"deep", "a" + strings.Repeat(".a", 5000) + "=1", "UnknownParameter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decodeThing(Query, c.body)
			if e, ok := aws.AsError(err); !ok || e.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestQueryTakesTheQueryString(t *testing.T) {
	s := thingService()
	op, _ := s.Operation("PutThing")
	r := httptest.NewRequest(http.MethodGet, "/?Action=PutThing&name=x", nil)
	in, err := queryCodec{}.Decode(s, op, r, nil)
	if err != nil || Val(in.(*PutThingInput).Name) != "x" {
		t.Errorf("got %v, %v", in, err)
	}
}

func TestQueryEncode(t *testing.T) {
	noon := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got := encodeThing(t, Query, &PutThingOutput{
		Name: Ptr("<a>\x00"), When: &noon, Names: []string{"x", "y"}, Flat: []string{"RED", "BLUE"}, Items: []Item{},
		Labels: map[string]string{"b": "2", "a": "1"}, FlatTags: map[string]string{"k": "v"}, Parent: &Item{Children: []Item{{Key: Ptr("c")}}},
	})
	want := xmlHead + `<PutThingResponse xmlns="https://things.example/doc/2020-01-01"><PutThingResult>` +
		"<name>&lt;a&gt;\uFFFD</name><when>2026-01-02T03:04:05.000Z</when>" +
		"<nameSet><item>x</item><item>y</item></nameSet><flat>RED</flat><flat>BLUE</flat><itemSet></itemSet>" +
		"<labels><entry><key>a</key><value>1</value></entry><entry><key>b</key><value>2</value></entry></labels>" +
		"<flatTags><K>k</K><V>v</V></flatTags>" +
		"<parent><children><member><key>c</key></member></children></parent>" +
		"</PutThingResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></PutThingResponse>"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func TestQueryError(t *testing.T) {
	resp := queryCodec{}.EncodeError(thingService(), &aws.Error{Code: "Oops", Message: "a < b", Fault: aws.Receiver}, "req-1")
	want := xmlHead + `<ErrorResponse xmlns="https://things.example/doc/2020-01-01"><Error><Type>Receiver</Type><Code>Oops</Code>` +
		`<Message>a &lt; b</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`
	if string(resp.Body) != want || resp.Status != 500 || resp.Header.Get("Content-Type") != "text/xml" {
		t.Errorf("status %d %v\ngot  %s\nwant %s", resp.Status, resp.Header, resp.Body, want)
	}
	if body := string(queryCodec{}.EncodeError(nil, aws.Errorf("A", "b"), "r").Body); !strings.Contains(body, "<ErrorResponse><Error><Type>Sender</Type>") {
		t.Errorf("without a service: %s", body)
	}
}

// TestQueryRoundTrip writes inputs the way a client does and reads them back.
func TestQueryRoundTrip(t *testing.T) {
	for p, dialect := range map[Protocol]*queryDialect{Query: &queryNames, EC2Query: &ec2Names} {
		t.Run(string(p), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				in := thingGen().Draw(t, "thing")
				if p == EC2Query {
					in.Labels, in.FlatTags = nil, nil // EC2 has no maps
				}
				params := url.Values{"Action": {"PutThing"}}
				writeForm(dialect, thingService().byName["PutThing"].input, in, params)
				got, err := decodeThing(p, params.Encode())
				if err != nil {
					t.Fatalf("%v: %v", params, err)
				}
				if diff := cmp.Diff(normal(in), normal(got)); diff != "" {
					t.Errorf("%v: %s", params, diff)
				}
			})
		})
	}
}
