package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
)

// The house's cast: services of three protocols with one operation each, and
// three keys.

type echoInput struct{ Text *string }
type echoOutput struct{ Text, Caller, Region *string }

// echo answers its input, or misbehaves as the input says.
func echo(ctx context.Context, in *echoInput) (*echoOutput, error) {
	switch wire.Val(in.Text) {
	case "panic":
		panic("the secret sauce")
	case "error":
		return nil, errors.New("the secret sauce")
	case "refuse":
		return nil, aws.Errorf("ClusterNotFoundException", "Cluster not found.")
	}
	c := aws.CallerFrom(ctx)
	return &echoOutput{Text: in.Text, Caller: wire.Ptr(c.ARN), Region: wire.Ptr(c.Region)}, nil
}

func service(name, target string, p wire.Protocol, style wire.Style, errs ...wire.ErrorShape) *wire.Service {
	return wire.Link(wire.Service{
		Name: name, SigningName: name, APIVersion: "2016-11-15", TargetPrefix: target, Style: style, Errors: errs,
		Protocols:  []wire.Protocol{p},
		Operations: []wire.Operation{wire.Op(wire.Operation{Name: "Echo", ResultWrapper: "EchoResult"}, echo)},
	}, []wire.Shape{
		{Name: "EchoInput", Kind: wire.Structure, Members: []wire.Member{{Name: "Text", Target: "text", Required: true}}},
		{Name: "EchoOutput", Kind: wire.Structure, Members: []wire.Member{
			{Name: "Text", Target: "text"}, {Name: "Caller", Target: "text"}, {Name: "Region", Target: "text"}}},
		{Name: "text", Kind: wire.String},
	})
}

const root = "arn:aws:iam::000000000000:root"

var (
	rootKey    = sdk.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "secret"}
	tokenKey   = sdk.Credentials{AccessKeyID: "ASIATOKEN", SecretAccessKey: "secret", SessionToken: "token"}
	expiredKey = sdk.Credentials{AccessKeyID: "ASIAOLD", SecretAccessKey: "secret", SessionToken: "token"}
	foreignKey = sdk.Credentials{AccessKeyID: "AKIAFOREIGN", SecretAccessKey: "secret"}
	wrongKey   = sdk.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "wrong"}
)

type keys map[string]aws.Credential

func (k keys) Credential(_ context.Context, id string) (aws.Credential, bool) {
	c, ok := k[id]
	return c, ok
}

func testKeys() keys {
	long := aws.Credential{AccessKeyID: "AKIAROOT", Secret: "secret", Account: "000000000000", ARN: root, UserID: "000000000000"}
	temp := long
	temp.AccessKeyID, temp.SessionToken = "ASIATOKEN", "token"
	old := temp
	old.AccessKeyID, old.Expires = "ASIAOLD", time.Unix(1, 0)
	return keys{"AKIAROOT": long, "ASIATOKEN": temp, "ASIAOLD": old}
}

type health map[string]string

func (h health) Components() map[string]string { return h }

func (h health) Details() any {
	if len(h) < 2 {
		return nil
	}
	return len(h)
}

// syncBuffer is a log that two goroutines may use.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// house is a gateway that serves on the loopback.
type house struct {
	addr   string
	log    *syncBuffer
	server *Server
	served chan error
}

func start(t *testing.T, change func(*Options)) *house {
	t.Helper()
	h := &house{log: &syncBuffer{}, served: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	o := Options{
		Services: []*wire.Service{
			service("ecs", "ECS_V1", wire.JSON11, wire.ECSStyle, wire.ErrorShape{Code: "ServerException", Status: 500, Fault: aws.Receiver}),
			service("sts", "", wire.Query, wire.QueryStyle),
			service("ec2", "", wire.EC2Query, wire.EC2Style),
			service("s3", "S3_V1", wire.JSON10, wire.CoralStyle),
		},
		Credentials: testKeys(), Authorizer: AllowAll{}, Clock: clock.System{}, Log: log,
		Health: health{"store": Ready},
	}
	if change != nil {
		change(&o)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr, h.server = l.Addr().String(), NewServer(New(o), log)
	go func() { h.served <- h.server.Serve(l) }()
	t.Cleanup(func() { _ = h.server.Shutdown(context.Background()) })
	return h
}

// request makes an Echo call of a service in its protocol, unsigned.
func (h *house) request(t *testing.T, service, text string) *http.Request {
	t.Helper()
	body, header := "Action=Echo&Version=2016-11-15&Text="+text, "application/x-www-form-urlencoded; charset=utf-8"
	if service == "ecs" || service == "s3" {
		body, header = `{"Text":"`+text+`"}`, "application/x-amz-json-1.1"
	}
	r, err := http.NewRequest("POST", "http://"+h.addr+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", header)
	switch service {
	case "ecs":
		r.Header.Set("X-Amz-Target", "ECS_V1.Echo")
	case "s3":
		r.Header.Set("X-Amz-Target", "S3_V1.Echo")
	}
	return r
}

// body gives a request another body.
func setBody(r *http.Request, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

func bodyOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	rc, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sign signs a request with the SDK's signer, at the offset from now.
func sign(t *testing.T, r *http.Request, key sdk.Credentials, service string, offset time.Duration) {
	t.Helper()
	hash := hexSHA256(bodyOf(t, r))
	if declared := r.Header.Get("X-Amz-Content-Sha256"); declared != "" {
		hash = declared
	}
	when := clock.System{}.Now().Add(offset)
	if err := v4.NewSigner().SignHTTP(context.Background(), key, r, hash, service, "eu-west-1", when); err != nil {
		t.Fatal(err)
	}
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   string
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func do(t *testing.T, r *http.Request) reply {
	t.Helper()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// call signs an Echo call and sends it.
func (h *house) call(t *testing.T, service, text string, key sdk.Credentials) reply {
	t.Helper()
	r := h.request(t, service, text)
	sign(t, r, key, service, 0)
	return do(t, r)
}
