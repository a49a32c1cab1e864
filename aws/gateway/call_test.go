package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/clock"
)

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestCallInEveryProtocol(t *testing.T) {
	h := start(t, nil)
	for _, key := range []sdk.Credentials{rootKey, tokenKey} {
		for service, want := range map[string]string{
			"ecs": `{"Text":"hello","Caller":"` + root + `","Region":"eu-west-1"}`,
			"sts": "<EchoResult><Text>hello</Text><Caller>" + root + "</Caller><Region>eu-west-1</Region></EchoResult>",
			"ec2": "<Text>hello</Text><Caller>" + root + "</Caller><Region>eu-west-1</Region></EchoResponse>",
		} {
			got := h.call(t, service, "hello", key)
			id := got.header.Get("X-Amzn-Requestid")
			if got.status != 200 || !strings.Contains(got.body, want) || !uuid.MatchString(id) {
				t.Errorf("%s: %+v", service, got)
			}
			if !strings.Contains(h.log.String(), "request_id="+id+" method=POST service="+service+" action=Echo region=eu-west-1 principal="+root+" status=200") {
				t.Errorf("the access log lacks %s: %s", id, h.log)
			}
		}
	}
}

func TestPresignedCall(t *testing.T) {
	h := start(t, nil)
	r, err := http.NewRequest("GET", "http://"+h.addr+"/?Action=Echo&Version=2016-11-15&Text=hello&X-Amz-Expires=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	u, _, err := v4.NewSigner().PresignHTTP(context.Background(), tokenKey, r, hexSHA256(nil), "sts", "eu-west-1", clock.System{}.Now())
	if err != nil {
		t.Fatal(err)
	}
	for target, status := range map[string]int{u: 200, u + "&Text=other": 403} {
		r, err := http.NewRequest("GET", target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := do(t, r); got.status != status {
			t.Errorf("%+v", got)
		}
	}
}

// Every refused signature, as each protocol says it.
func TestRefusedSignatures(t *testing.T) {
	h := start(t, nil)
	const invalid = "The security token included in the request is invalid."
	const expired = "The security token included in the request is expired"
	const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	const authFailure = "AWS was not able to validate the provided access credentials"
	incomplete := func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") }
	tamper := func(r *http.Request) { setBody(r, append(bodyOf(t, r), ' ')) }
	type answer struct {
		status        int
		code, message string
	}
	for _, c := range []struct {
		name           string
		key            sdk.Credentials
		as             string // the service signed for, "" for the right one
		offset         time.Duration
		after          func(*http.Request)
		json, sts, ec2 answer
	}{
		{name: "unsigned", after: func(r *http.Request) { r.Header.Del("Authorization") },
			json: answer{400, "MissingAuthenticationTokenException", "Missing Authentication Token"},
			sts:  answer{403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
			ec2:  answer{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}},
		{name: "incomplete", after: incomplete,
			json: answer{400, "IncompleteSignatureException", "Authorization header requires"},
			sts:  answer{400, "IncompleteSignature", "Authorization header requires"},
			ec2:  answer{400, "IncompleteSignature", "Authorization header requires"}},
		{name: "unknown key", key: foreignKey,
			json: answer{400, "UnrecognizedClientException", invalid},
			sts:  answer{403, "InvalidClientTokenId", invalid}, ec2: answer{401, "AuthFailure", authFailure}},
		{name: "wrong secret", key: wrongKey,
			json: answer{400, "InvalidSignatureException", mismatch},
			sts:  answer{403, "SignatureDoesNotMatch", mismatch}, ec2: answer{401, "AuthFailure", authFailure}},
		{name: "tampered", key: rootKey, after: tamper,
			json: answer{400, "InvalidSignatureException", mismatch},
			sts:  answer{403, "SignatureDoesNotMatch", mismatch}, ec2: answer{401, "AuthFailure", authFailure}},
		{name: "expired token", key: expiredKey,
			json: answer{400, "ExpiredTokenException", expired},
			sts:  answer{403, "ExpiredToken", expired}, ec2: answer{400, "RequestExpired", "Request has expired."}},
		{name: "too old", key: rootKey, offset: -16 * time.Minute,
			json: answer{400, "InvalidSignatureException", "Signature expired: "},
			sts:  answer{403, "SignatureDoesNotMatch", "Signature expired: "}, ec2: answer{400, "RequestExpired", "Request has expired."}},
		{name: "from the future", key: rootKey, offset: 16 * time.Minute,
			json: answer{400, "InvalidSignatureException", "Signature not yet current: "},
			sts:  answer{403, "SignatureDoesNotMatch", "Signature not yet current: "}, ec2: answer{401, "AuthFailure", authFailure}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for service, want := range map[string]answer{"ecs": c.json, "sts": c.sts, "ec2": c.ec2} {
				r := h.request(t, service, "hello")
				if c.key.AccessKeyID != "" {
					sign(t, r, c.key, service, c.offset)
				}
				if c.after != nil {
					c.after(r)
				}
				if c.name == "incomplete" && service == "ec2" {
					continue // without a scope nothing says that it is EC2
				}
				expectError(t, do(t, r), want.status, want.code, want.message)
			}
		})
	}
}

func TestSignedForAnotherService(t *testing.T) {
	h := start(t, nil)
	r := h.request(t, "ecs", "hello")
	sign(t, r, rootKey, "sts", 0)
	expectError(t, do(t, r), 400, "InvalidSignatureException", "Credential should be scoped to correct service: &#39;ecs&#39;. ", "Credential should be scoped to correct service: 'ecs'. ")
}

// expectError checks status, code, message (one of them) and the request's ID.
func expectError(t *testing.T, got reply, status int, code string, messages ...string) {
	t.Helper()
	id := got.header.Get("X-Amzn-Requestid")
	isJSON := strings.HasPrefix(got.header.Get("Content-Type"), "application/x-amz-json")
	wantCode := "<Code>" + code + "</Code>"
	if isJSON {
		wantCode = `"__type":"` + code + `"`
	}
	found := false
	for _, m := range messages {
		found = found || strings.Contains(got.body, m)
	}
	if got.status != status || !strings.Contains(got.body, wantCode) || !found || !uuid.MatchString(id) {
		t.Errorf("want %d %s %q, got %+v", status, code, messages, got)
	}
	if !isJSON && !strings.Contains(got.body, id) {
		t.Errorf("the body lacks the request ID: %s", got.body)
	}
}

func TestUnknownOperations(t *testing.T) {
	h := start(t, nil)
	send := func(service string, change func(*http.Request)) reply {
		r := h.request(t, service, "hello")
		r.Header.Set("User-Agent", "aws-cli/9 of-the-test")
		signFor := service
		if change != nil {
			change(r)
		}
		if r.Header.Get("Sign-For") != "" {
			signFor = r.Header.Get("Sign-For")
		}
		sign(t, r, rootKey, signFor, 0)
		return do(t, r)
	}
	form := func(body string) func(*http.Request) { return func(r *http.Request) { setBody(r, []byte(body)) } }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	expectError(t, send("ecs", header("X-Amz-Target", "ECS_V1.Dance")), 400, "UnknownOperationException", "Dance")
	expectError(t, send("ecs", header("X-Amz-Target", "Nobody_V1.Dance")), 400, "UnknownOperationException", "Dance")
	expectError(t, send("sts", form("Action=Dance&Version=2016-11-15")), 400, "InvalidAction", "Could not find operation Dance for version 2016-11-15")
	expectError(t, send("ec2", form("Action=Dance&Version=2016-11-15")), 400, "InvalidAction", "The action Dance is not valid for this web service.")
	expectError(t, send("sts", form("Version=2016-11-15")), 400, "MissingAction", "")
	expectError(t, send("sts", header("Sign-For", "elasticloadbalancing")), 400, "InvalidAction", "Echo")
	expectError(t, send("sts", header("Content-Type", "application/octet-stream")), 400, "UnknownOperationException", "")
	log := h.log.String()
	if strings.Count(log, `msg="unknown operation"`) != 7 || strings.Count(log, `user_agent="aws-cli/9 of-the-test"`) != 7 {
		t.Error(log)
	}
}

func TestHandlersErrors(t *testing.T) {
	h := start(t, nil)
	expectError(t, h.call(t, "ecs", "refuse", rootKey), 400, "ClusterNotFoundException", "Cluster not found.")
	for _, misdeed := range []string{"error", "panic"} {
		expectError(t, h.call(t, "ecs", misdeed, rootKey), 500, "ServerException", "Service Unavailable. Please try again later.")
		expectError(t, h.call(t, "sts", misdeed, rootKey), 500, "InternalFailure", "<Type>Receiver</Type>")
		got := h.call(t, "ec2", misdeed, rootKey)
		expectError(t, got, 500, "InternalError", "An internal error has occurred")
		if strings.Contains(got.body, "sauce") {
			t.Errorf("the caller learns too much: %s", got.body)
		}
	}
	log := h.log.String()
	if strings.Count(log, "the secret sauce") != 6 || !strings.Contains(log, "fixture_test.go") {
		t.Errorf("the log lacks the errors or the stack: %s", log)
	}
	if got := h.call(t, "ecs", "hello", rootKey); got.status != 200 {
		t.Errorf("the house is down: %+v", got)
	}
}

func TestInvalidInput(t *testing.T) {
	h := start(t, nil)
	for body, code := range map[string]string{`{"Text":`: "SerializationException", `{"Text":[]}`: "SerializationException", `{}`: "InvalidParameterException"} {
		r := h.request(t, "ecs", "")
		setBody(r, []byte(body))
		sign(t, r, rootKey, "ecs", 0)
		expectError(t, do(t, r), 400, code, "")
	}
}

// deny forbids one action.
type deny string

func (d deny) Authorize(_ context.Context, c aws.Caller, action string, in any) error {
	if action == string(d) && in.(*echoInput) != nil {
		return aws.Errorf("AccessDeniedException", "User: %s is not authorized to perform: %s", c.ARN, action)
	}
	return nil
}

func TestAuthorizer(t *testing.T) {
	h := start(t, func(o *Options) { o.Authorizer = deny("ecs:Echo") })
	expectError(t, h.call(t, "ecs", "hello", rootKey), 400, "AccessDeniedException", "User: "+root+" is not authorized to perform: ecs:Echo")
	if got := h.call(t, "sts", "hello", rootKey); got.status != 200 {
		t.Errorf("%+v", got)
	}
}
