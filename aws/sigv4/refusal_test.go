package sigv4

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	v := Verifier{Clock: noon}
	for _, c := range []struct {
		name    string
		offset  time.Duration
		kind    Kind
		message string
	}{
		{"now", 0, "", ""},
		{"15 minutes old", -15 * time.Minute, "", ""},
		{"15 minutes ahead", 15 * time.Minute, "", ""},
		{"older", -15*time.Minute - time.Second, Expired,
			"Signature expired: 20261120T114459Z is now earlier than 20261120T114500Z (20261120T120000Z - 15 min.)"},
		{"further ahead", 15*time.Minute + time.Second, NotYetCurrent,
			"Signature not yet current: 20261120T121501Z is still later than 20261120T121500Z (20261120T120000Z + 15 min.)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := check(v, signed(t, longKey, "POST", "/", "ecs", "", time.Time(noon).Add(c.offset)), keyOf(longKey), nil)
			if kindOf(err) != c.kind || c.message != "" && err.(*Error).Message != c.message {
				t.Errorf("got %v", err)
			}
		})
	}
	strict := Verifier{Clock: noon, Skew: 5 * time.Minute}
	_, err := check(strict, signed(t, longKey, "POST", "/", "ecs", "", time.Time(noon).Add(-6*time.Minute)), keyOf(longKey), nil)
	if kindOf(err) != Expired || !strings.HasSuffix(err.Error(), "- 5 min.)") {
		t.Errorf("got %v", err)
	}
}

func TestPresignedLife(t *testing.T) {
	for _, c := range []struct {
		expires string
		age     time.Duration
		kind    Kind
	}{
		{"60", time.Minute, ""},
		{"60", 61 * time.Second, Expired},
		{"604800", 6 * 24 * time.Hour, ""},
		{"604801", 0, Incomplete},
		{"0", 0, Incomplete},
		{"-1", 0, Incomplete},
		{"soon", 0, Incomplete},
		{"", 14 * time.Minute, ""},
		{"", 16 * time.Minute, Expired},
		{"60", -16 * time.Minute, NotYetCurrent},
	} {
		r := presigned(t, longKey, "/", "sts", hashOfNothing, c.expires, time.Time(noon).Add(-c.age))
		if _, err := check(Verifier{Clock: noon}, r, keyOf(longKey), nil); kindOf(err) != c.kind {
			t.Errorf("expires %q, age %v: %v", c.expires, c.age, err)
		}
	}
}

func TestTemporaryKey(t *testing.T) {
	r := signed(t, tempKey, "POST", "/", "ecs", "", time.Time(noon))
	key := keyOf(tempKey)
	key.Expires = time.Time(noon).Add(time.Second)
	if _, err := check(Verifier{Clock: noon}, r, key, nil); err != nil {
		t.Error(err)
	}
	key.Expires = time.Time(noon)
	if _, err := check(Verifier{Clock: noon}, r, key, nil); kindOf(err) != ExpiredToken {
		t.Errorf("got %v", err)
	}
	if _, err := check(Verifier{Clock: noon}, signed(t, tempKey, "POST", "/", "ecs", "", time.Time(noon)), keyOf(longKey), nil); kindOf(err) != InvalidToken {
		t.Errorf("a token with a key that has none: %v", err)
	}
}

// Requests that are refused before any key is looked at.
func TestParseRefusals(t *testing.T) {
	const credential = "Credential=AKID/20261120/eu-west-1/ecs/aws4_request"
	const date = "X-Amz-Date: 20261120T120000Z\n"
	full := "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=00"
	for _, c := range []struct {
		name, target, headers string
		kind                  Kind
		message               string
	}{
		{"nothing", "/", "", Missing, "Request is missing Authentication Token"},
		{"basic", "/", "Authorization: Basic eDp5\n", Missing, "Request is missing Authentication Token"},
		{"version 2", "/?AWSAccessKeyId=a&Signature=b", "", Missing, "Request is missing"},
		{"two headers", "/", date + "Authorization: " + full + "\nAuthorization: " + full + "\n", Missing, "Request is missing"},
		{"both forms", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", "Authorization: " + full + "\n", Scope, "Found both 'X-Amz-Algorithm'"},
		{"other algorithm", "/", date + "Authorization: AWS4-HMAC-SHA512 x\n", Incomplete, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."},
		{"no parts", "/", "Authorization: AWS4-HMAC-SHA256\n", Incomplete, "Authorization header requires 'Credential' parameter. " +
			"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " +
			"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with"},
		{"no equal sign", "/", date + "Authorization: AWS4-HMAC-SHA256 Credential\n", Incomplete, "Invalid key=value pair (missing equal-sign)"},
		{"a part twice", "/", date + "Authorization: " + full + ", Signature=01\n", Incomplete, "Duplicate 'Signature'"},
		{"bad date", "/", "X-Amz-Date: today\nAuthorization: " + full + "\n", Incomplete, "Date must be in ISO-8601 'basic format'. Got 'today'."},
		{"bad date header", "/", "Date: today\nAuthorization: " + full + "\n", Incomplete, "Date must be in ISO-8601"},
		{"four elements", "/", date + "Authorization: " + strings.Replace(full, "/ecs", "", 1) + "\n", Incomplete, "Credential must have exactly 5"},
		{"bad terminator", "/", date + "Authorization: " + strings.Replace(full, "aws4_request", "aws5", 1) + "\n", Scope, "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'."},
		{"bad region", "/", date + "Authorization: " + strings.Replace(full, "eu-west-1", "EU:1", 1) + "\n", Scope, "Credential should be scoped to a valid region, not 'EU:1'."},
		{"no service", "/", date + "Authorization: " + strings.Replace(full, "/ecs/", "//", 1) + "\n", Scope, "Credential should be scoped to a valid service"},
		{"other day", "/", "X-Amz-Date: 20261121T000000Z\nAuthorization: " + full + "\n", Scope,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261120' != '20261121', from '20261121T000000Z'."},
		{"host unsigned", "/", date + "Authorization: " + strings.Replace(full, "=host", "=x-amz-date", 1) + "\n", Scope, "'Host' or ':authority' must be"},
		{"bad query", "/?a=%zz", date + "Authorization: " + full + "\n", Incomplete, "The query string contains"},
		{"presigned lacks", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", "", Incomplete, "AWS query-string parameters must include 'X-Amz-Credential'."},
		{"signature twice", presignedTarget + "&X-Amz-Signature=11", "", Incomplete, "AWS query-string parameters must include 'X-Amz-Signature'."},
		{"presigned algorithm", strings.Replace(presignedTarget, "SHA256", "SHA1", 1), "", Incomplete, "Unsupported AWS 'algorithm'"},
		{"presigned date", strings.Replace(presignedTarget, "T120000Z", "", 1), "", Incomplete, "Date must be"},
		{"presigned credential", strings.Replace(presignedTarget, "AKID", "", 1), "", Incomplete, "Credential must have"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(readRequest(t, "GET "+c.target+" HTTP/1.1\nHost: localhost\n"+c.headers+"\n"))
			if kindOf(err) != c.kind || !strings.HasPrefix(err.(*Error).Message, c.message) {
				t.Errorf("got %v", err)
			}
		})
	}
}

const presignedTarget = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261120%2Feu-west-1%2Fs3%2Faws4_request" +
	"&X-Amz-Date=20261120T120000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00"

func TestPayload(t *testing.T) {
	v := Verifier{Clock: noon}
	r := signed(t, longKey, "PUT", "/", "s3", "body", time.Time(noon))
	if _, err := check(v, r, keyOf(longKey), []byte("other")); kindOf(err) != PayloadMismatch {
		t.Errorf("other body: %v", err)
	}
	r.Header.Del(contentSHA256)
	if _, err := check(v, r, keyOf(longKey), []byte("body")); kindOf(err) != Incomplete {
		t.Errorf("S3 without its hash: %v", err)
	}
	r = signed(t, longKey, "PUT", "/", "s3", "body", time.Time(noon))
	r.Header.Set("X-Amz-Acl", "public-read")
	if _, err := check(v, r, keyOf(longKey), []byte("body")); kindOf(err) != UnsignedHeader {
		t.Errorf("S3 with an unsigned header: %v", err)
	}
	r = signed(t, longKey, "PUT", "/", "ecs", "body", time.Time(noon))
	r.Header.Set(contentSHA256, unsignedPayload)
	if _, err := check(v, r, keyOf(longKey), []byte("body")); kindOf(err) != PayloadMismatch {
		t.Errorf("unsigned payload of a service that has none: %v", err)
	}
}

func TestErrors(t *testing.T) {
	if e := WrongService("sts"); e.Kind != Scope || e.Message != "Credential should be scoped to correct service: 'sts'. " {
		t.Error(e)
	}
	if e := UnknownKey(); e.Error() != "signature invalid token: The security token included in the request is invalid." {
		t.Error(e)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKID/20261120/eu-west-1/ecs/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", "20261120T120000Z", "")
	f.Add("", "", presignedTarget[2:])
	f.Add("AWS4-HMAC-SHA256 Credential=,,,===", "Fri, 20 Nov 2026 12:00:00 GMT", "a=%zz&b")
	f.Fuzz(func(t *testing.T, auth, date, query string) {
		r, err := http.NewRequest("GET", "http://localhost/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		r.Header.Set("Date", date)
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		s, err := Parse(r)
		if err != nil {
			if kindOf(err) == "" {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if _, err := (Verifier{Clock: fixed(s.Time)}).Verify(r, s, Key{Secret: "s", SessionToken: s.SessionToken}, nil); kindOf(err) == "" {
			t.Fatalf("accepted %q %q", auth, query)
		}
	})
}
