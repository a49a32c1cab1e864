package sigv4

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
	"pgregory.net/rapid"
)

var (
	noon    = at("20261120T120000Z")
	longKey = aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret/+key"}
	tempKey = aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret/+key", SessionToken: "tok/en+="}
)

func keyOf(c aws.Credentials) Key {
	return Key{Secret: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// arrive turns a client's request into the one that a server sees.
func arrive(r *http.Request, body string) *http.Request {
	in := httptest.NewRequest(r.Method, r.URL.RequestURI(), strings.NewReader(body))
	in.Host = r.URL.Host
	for k, v := range r.Header {
		in.Header[k] = v
	}
	return in
}

func signed(t rapid.TB, c aws.Credentials, method, target, service, body string, when time.Time) *http.Request {
	r, err := http.NewRequest(method, "http://127.0.0.1:4566"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Example.Op")
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hexHash([]byte(body)))
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if err := signer.SignHTTP(context.Background(), c, r, hexHash([]byte(body)), service, "eu-west-1", when); err != nil {
		t.Fatal(err)
	}
	return arrive(r, body)
}

func presigned(t rapid.TB, c aws.Credentials, target, service, hash string, expires string, when time.Time) *http.Request {
	r, err := http.NewRequest("GET", "http://127.0.0.1:4566"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if expires != "" {
		q := r.URL.Query()
		q.Set("X-Amz-Expires", expires)
		r.URL.RawQuery = q.Encode()
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	u, _, err := signer.PresignHTTP(context.Background(), c, r, hash, service, "eu-west-1", when)
	if err != nil {
		t.Fatal(err)
	}
	in, err := http.NewRequest("GET", u, nil)
	if err != nil {
		t.Fatal(err)
	}
	return arrive(in, "")
}

func TestSDKSigner(t *testing.T) {
	v := Verifier{Clock: noon}
	for _, c := range []aws.Credentials{longKey, tempKey} {
		for _, service := range []string{"ecs", "s3"} {
			for _, target := range []string{"/", "/a%20b/c%24d", "/?b=2&a=1&a=0&c", "/p%C3%A4th?q=%C3%A4+%2B~*"} {
				r := signed(t, c, "POST", target, service, `{"x":1}`, time.Time(noon))
				if _, err := check(v, r, keyOf(c), []byte(`{"x":1}`)); err != nil {
					t.Errorf("%s %s: %v", service, target, err)
				}
				hash := hashOfNothing
				if service == "s3" {
					hash = unsignedPayload
				}
				if _, err := check(v, presigned(t, c, target, service, hash, "60", time.Time(noon)), keyOf(c), nil); err != nil {
					t.Errorf("presigned %s %s: %v", service, target, err)
				}
			}
		}
	}
}

// Whatever the path and query, the SDK's signature is the one calculated here.
func TestSDKSignerAnyPath(t *testing.T) {
	segment := rapid.StringMatching(`[^/.\x00-\x1f]{1,6}`)
	rapid.Check(t, func(rt *rapid.T) {
		path := "/" + strings.Join(rapid.SliceOfN(segment, 0, 4).Draw(rt, "path"), "/")
		q := url.Values{}
		for _, k := range rapid.SliceOfN(rapid.StringMatching(`.{1,4}`), 0, 4).Draw(rt, "keys") {
			q.Add(k, rapid.String().Draw(rt, "value"))
		}
		target := httpbinding.EscapePath(path, false) + "?" + q.Encode()
		service := rapid.SampledFrom([]string{"ecs", "s3"}).Draw(rt, "service")
		r := signed(rt, longKey, "PUT", target, service, "body", time.Time(noon))
		if _, err := check(Verifier{Clock: noon}, r, keyOf(longKey), []byte("body")); err != nil {
			rt.Fatalf("%s: %v", target, err)
		}
	})
}

// Changing any signed thing makes the request refused.
func TestTamperedRequest(t *testing.T) {
	const body = `{"cluster":"a"}`
	flip := map[string]func(r *http.Request, key *Key, body *string){
		"method":    func(r *http.Request, _ *Key, _ *string) { r.Method = "PUT" },
		"path":      func(r *http.Request, _ *Key, _ *string) { r.URL.Path = "/b"; r.URL.RawPath = "" },
		"query":     func(r *http.Request, _ *Key, _ *string) { r.URL.RawQuery += "&x=1" },
		"host":      func(r *http.Request, _ *Key, _ *string) { r.Host = "example.com" },
		"target":    func(r *http.Request, _ *Key, _ *string) { r.Header.Set("X-Amz-Target", "Example.Other") },
		"twice":     func(r *http.Request, _ *Key, _ *string) { r.Header.Add("X-Amz-Target", "Example.Other") },
		"type":      func(r *http.Request, _ *Key, _ *string) { r.Header.Del("Content-Type") },
		"date":      func(r *http.Request, _ *Key, _ *string) { r.Header.Set("X-Amz-Date", "20261120T120001Z") },
		"body":      func(_ *http.Request, _ *Key, b *string) { *b += " " },
		"secret":    func(_ *http.Request, k *Key, _ *string) { k.Secret += "x" },
		"token":     func(r *http.Request, _ *Key, _ *string) { r.Header.Set("X-Amz-Security-Token", "tok/en+=x") },
		"no token":  func(r *http.Request, _ *Key, _ *string) { r.Header.Del("X-Amz-Security-Token") },
		"region":    replaceAuth("eu-west-1", "us-east-1"),
		"service":   replaceAuth("/ecs/", "/ec2/"),
		"day":       replaceAuth("20261120", "20261119"),
		"unsign":    replaceAuth(";x-amz-target", ""),
		"signature": func(r *http.Request, _ *Key, _ *string) { flipLast(r) },
		"shortened": func(r *http.Request, _ *Key, _ *string) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-1])
		},
	}
	for name, f := range flip {
		t.Run(name, func(t *testing.T) {
			r, key, sent := signed(t, tempKey, "POST", "/a?y=1", "ecs", body, time.Time(noon)), keyOf(tempKey), body
			f(r, &key, &sent)
			if _, err := check(Verifier{Clock: noon}, r, key, []byte(sent)); kindOf(err) == "" {
				t.Errorf("accepted: %v", err)
			}
		})
	}
}

func replaceAuth(from, to string) func(*http.Request, *Key, *string) {
	return func(r *http.Request, _ *Key, _ *string) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

func flipLast(r *http.Request) {
	a := []byte(r.Header.Get("Authorization"))
	if a[len(a)-1]++; a[len(a)-1] == ':' {
		a[len(a)-1] = '0'
	}
	r.Header.Set("Authorization", string(a))
}

// Every byte of a presigned URL's query matters.
func TestTamperedPresigned(t *testing.T) {
	good := presigned(t, tempKey, "/a?y=1", "sts", hashOfNothing, "60", time.Time(noon)).URL.RawQuery
	rapid.Check(t, func(rt *rapid.T) {
		raw := []byte(good)
		i := rapid.IntRange(0, len(raw)-1).Draw(rt, "at")
		was := raw[i]
		raw[i] = rapid.SampledFrom([]byte("abcXYZ0189-_=&%+")).Filter(func(b byte) bool { return b != was }).Draw(rt, "byte")
		before, _ := url.ParseQuery(good)
		if after, err := url.ParseQuery(string(raw)); err == nil && after.Encode() == before.Encode() {
			return // the same query, written differently
		}
		r := httptest.NewRequest("GET", "http://127.0.0.1:4566/a", nil)
		r.URL.RawQuery = string(raw)
		if _, err := check(Verifier{Clock: noon}, r, keyOf(tempKey), nil); kindOf(err) == "" {
			rt.Fatalf("accepted %s", raw)
		}
	})
}
