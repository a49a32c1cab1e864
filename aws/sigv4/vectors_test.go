package sigv4

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// fixed is a clock that stands still.
type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

func at(s string) fixed {
	t, err := time.Parse(basicFormat, s)
	if err != nil {
		panic(err)
	}
	return fixed(t)
}

func kindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// check parses and verifies in one go.
func check(v Verifier, r *http.Request, key Key, body []byte) ([]byte, error) {
	s, err := Parse(r)
	if err != nil {
		return nil, err
	}
	return v.Verify(r, s, key, body)
}

func readRequest(t *testing.T, raw string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n"))))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Facts from AWS's published Signature Version 4 test suite: request,
// 20150830T123600Z, us-east-1, "service", the documentation's example key.
var suite = []struct {
	name, method, target, headers, signed, body, signature string
}{
	{"get-vanilla", "GET", "/", "", "host;x-amz-date", "",
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-slashes normalised", "GET", "//.//", "", "host;x-amz-date", "",
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-relative", "GET", "/example/..", "", "host;x-amz-date", "",
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"post-vanilla", "POST", "/", "", "host;x-amz-date", "",
		"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", "", "host;x-amz-date", "",
		"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{"get-vanilla-query-unreserved", "GET",
		"/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
		"", "host;x-amz-date", "", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{"get-header-key-duplicate", "GET", "/", "My-Header1:value2\nMy-Header1:value2\nMy-Header1:value1\n",
		"host;my-header1;x-amz-date", "", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{"get-header-value-trim", "GET", "/", "My-Header1: value1\nMy-Header2: \"a   b   c\"\n",
		"host;my-header1;my-header2;x-amz-date", "", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"post-x-www-form-urlencoded", "POST", "/", "Content-Type:application/x-www-form-urlencoded\n",
		"content-type;host;x-amz-date", "Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
}

func TestPublishedSuite(t *testing.T) {
	v := Verifier{Clock: at("20150830T123600Z")}
	key := Key{Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			r := readRequest(t, c.method+" "+c.target+" HTTP/1.1\nHost:example.amazonaws.com\n"+c.headers+
				"X-Amz-Date:20150830T123600Z\nAuthorization: AWS4-HMAC-SHA256 "+
				"Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="+c.signed+", Signature="+c.signature+"\n\n")
			if _, err := check(v, r, key, []byte(c.body)); err != nil {
				t.Error(err)
			}
		})
	}
}

// The example of the IAM User Guide.
func TestPublishedIAMExample(t *testing.T) {
	r := readRequest(t, `GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1
Host: iam.amazonaws.com
Content-Type: application/x-www-form-urlencoded; charset=utf-8
X-Amz-Date: 20150830T123600Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7

`)
	key := Key{Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	if _, err := check(Verifier{Clock: at("20150830T123600Z")}, r, key, nil); err != nil {
		t.Error(err)
	}
}

const s3Scope = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"

var s3Key = Key{Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}

// The examples of the Amazon S3 API Reference.
func TestPublishedS3Examples(t *testing.T) {
	const hashOfEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, c := range map[string]struct{ raw, body string }{
		"GET object": {raw: "GET /test.txt HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nRange: bytes=0-9\nx-amz-content-sha256: " + hashOfEmpty +
			"\nx-amz-date: 20130524T000000Z\nAuthorization: " + s3Scope +
			"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\n\n"},
		"PUT object": {raw: "PUT /test%24file.text HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nDate: Fri, 24 May 2013 00:00:00 GMT\n" +
			"x-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\n" +
			"x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\nAuthorization: " + s3Scope +
			"SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd\n\n",
			body: "Welcome to Amazon S3."},
		"GET lifecycle": {raw: "GET /?lifecycle HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nx-amz-date: 20130524T000000Z\nx-amz-content-sha256: " + hashOfEmpty +
			"\nAuthorization: " + s3Scope +
			"SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543\n\n"},
		"presigned": {raw: "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
			"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
			"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := check(Verifier{Clock: at("20130524T000000Z")}, readRequest(t, c.raw), s3Key, []byte(c.body)); err != nil {
				t.Error(err)
			}
		})
	}
}
