package wire

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
)

func request(method, target string, header map[string]string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	return r
}

func TestDetect(t *testing.T) {
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
	for _, c := range []struct {
		name string
		r    *http.Request
		body string
		want Request
		ok   bool
	}{
		{"JSON 1.1", request("POST", "/", map[string]string{"X-Amz-Target": "ThingV1.PutThing", "Content-Type": "application/x-amz-json-1.1"}), "{}",
			Request{Protocol: JSON11, Target: "ThingV1", Operation: "PutThing"}, true},
		{"JSON 1.0", request("POST", "/", map[string]string{"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0; charset=utf-8"}), "{}",
			Request{Protocol: JSON10, Target: "AmazonSQS", Operation: "SendMessage"}, true},
		{"a target with many dots", request("POST", "/", map[string]string{"X-Amz-Target": "com.amazon.Thing.Put"}), "",
			Request{Protocol: JSON11, Target: "com.amazon.Thing", Operation: "Put"}, true},
		{"a target without a dot", request("POST", "/", map[string]string{"X-Amz-Target": "Put"}), "", Request{Protocol: JSON11, Operation: "Put"}, true},
		{"JSON without a target", request("POST", "/", map[string]string{"Content-Type": "application/x-amz-json-1.1"}), "{}", Request{Protocol: JSON11}, true},
		{"Query in the body", request("POST", "/", form), "Action=PutThing&Version=2020-01-01", Request{Protocol: Query, Operation: "PutThing", Version: "2020-01-01"}, true},
		{"Query in the URL", request("GET", "/?Action=PutThing&Version=2020-01-01&X-Amz-Signature=f", nil), "", Request{Protocol: Query, Operation: "PutThing", Version: "2020-01-01"}, true},
		{"Query without an action", request("POST", "/", form), "", Request{Protocol: Query}, true},
		{"Query that cannot be read", request("POST", "/", form), "%zz", Request{Protocol: Query}, true},
		{"CBOR", request("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", map[string]string{"Content-Type": "application/cbor"}), "",
			Request{Protocol: RPCv2, Target: "GraniteServiceVersion20100801", Operation: "PutMetricData"}, true},
		{"none", request("GET", "/v2/", nil), "", Request{}, false},
	} {
		got, ok := Detect(c.r, []byte(c.body))
		if got != c.want || ok != c.ok {
			t.Errorf("%s: got %+v, %v, want %+v, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestDirectoryFinds(t *testing.T) {
	query := Link(Service{Name: "q", SigningName: "q", APIVersion: "2020-01-01", Protocols: []Protocol{Query},
		Operations: []Operation{Op(Operation{Name: "DropThing"}, thingAPI{}.DropThing)}}, thingTable)
	ec2 := Link(Service{Name: "e", SigningName: "e", APIVersion: "2016-11-15", Protocols: []Protocol{EC2Query}, Style: EC2Style,
		Operations: []Operation{Op(Operation{Name: "DropThing"}, thingAPI{}.DropThing)}}, thingTable)
	things := thingService()
	things.Protocols = []Protocol{JSON11}
	d := NewDirectory(query, ec2, things)
	for _, c := range []struct {
		name          string
		r             Request
		signed        string
		service       *Service
		codec         Codec
		code, message string
	}{
		{"JSON by target", Request{Protocol: JSON11, Target: "ThingV1", Operation: "PutThing"}, "things", things, jsonCodec{"application/x-amz-json-1.1"}, "", ""},
		{"the other JSON", Request{Protocol: JSON10, Target: "ThingV1", Operation: "PutThing"}, "things", things, jsonCodec{"application/x-amz-json-1.0"}, "", ""},
		{"Query by signature", Request{Protocol: Query, Operation: "DropThing", Version: "2020-01-01"}, "q", query, queryCodec{}, "", ""},
		{"EC2 by signature", Request{Protocol: Query, Operation: "DropThing"}, "e", ec2, ec2Codec{}, "", ""},
		{"unsigned by version", Request{Protocol: Query, Operation: "DropThing", Version: "2016-11-15"}, "", ec2, ec2Codec{}, "", ""},
		{"unknown JSON operation", Request{Protocol: JSON11, Target: "ThingV1", Operation: "Nope"}, "things", things, jsonCodec{"application/x-amz-json-1.1"},
			"UnknownOperationException", "The operation ThingV1.Nope is not known."},
		{"unknown target", Request{Protocol: JSON11, Target: "Other", Operation: "PutThing"}, "things", nil, jsonCodec{"application/x-amz-json-1.1"},
			"UnknownOperationException", "The operation Other.PutThing is not known."},
		{"JSON for a Query service", Request{Protocol: JSON11, Operation: "DropThing"}, "q", query, jsonCodec{"application/x-amz-json-1.1"},
			"UnknownOperationException", "The operation .DropThing is not known."},
		{"unknown Query operation", Request{Protocol: Query, Operation: "Nope", Version: "2020-01-01"}, "q", query, queryCodec{},
			"InvalidAction", "Could not find operation Nope for version 2020-01-01"},
		{"another version", Request{Protocol: Query, Operation: "DropThing", Version: "1999-01-01"}, "q", query, queryCodec{},
			"InvalidAction", "Could not find operation DropThing for version 1999-01-01"},
		{"unknown EC2 operation", Request{Protocol: Query, Operation: "Nope"}, "e", ec2, ec2Codec{}, "InvalidAction", "The action Nope is not valid for this web service."},
		{"no action", Request{Protocol: Query}, "q", query, queryCodec{}, "MissingAction", "The request is missing an action or a required parameter."},
		{"unknown service", Request{Protocol: Query, Operation: "Nope"}, "z", nil, queryCodec{}, "InvalidAction", "Could not find operation Nope for version NO_VERSION_SPECIFIED"},
		{"CBOR", Request{Protocol: RPCv2, Target: "ThingV1", Operation: "PutThing"}, "things", things, jsonCodec{"application/x-amz-json-1.0"},
			"UnknownOperationException", "The protocol smithy-rpc-v2-cbor is not supported."},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, op, codec, err := d.Find(c.r, c.signed)
			if s != c.service || codec != c.codec {
				t.Errorf("got %v, %v", s, codec)
			}
			if c.code == "" {
				if err != nil || op.Name != c.r.Operation {
					t.Errorf("got %v, %v", op, err)
				}
				return
			}
			if e, ok := aws.AsError(err); !ok || e.Code != c.code || e.Message != c.message || e.HTTPStatus() != 400 {
				t.Errorf("got %v, want %s: %s", err, c.code, c.message)
			}
		})
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("ThingV1.PutThing", "application/x-amz-json-1.1", "/", "{}")
	f.Add("", "application/x-www-form-urlencoded", "/", "Action=A")
	f.Add("", "", "/service/a/operation/b", "")
	f.Add(".", ";;", "/?Action=%zz", "%")
	d := NewDirectory(thingService())
	f.Fuzz(func(t *testing.T, target, contentType, path, body string) {
		r := request("POST", "/", map[string]string{"X-Amz-Target": target, "Content-Type": contentType})
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
		call, ok := Detect(r, []byte(body))
		if !ok {
			return
		}
		_, op, codec, err := d.Find(call, "things")
		if codec == nil || (op == nil) == (err == nil) {
			t.Errorf("%+v: %v, %v, %v", call, op, codec, err)
		}
	})
}
