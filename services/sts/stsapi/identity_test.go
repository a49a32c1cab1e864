package stsapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/services/iam"
	"kaimon.dev/kaimon/services/sts/stsapi"
	"kaimon.dev/kaimon/store"
)

const account = "123456789012"

// serve starts the front door with STS behind it and an administrator's key in
// the store; it returns the endpoint.
func serve(t *testing.T) string {
	t.Helper()
	s := store.OpenMemory(iam.Tables()...)
	admin := iam.AdministratorKey(account, "AKIAADMINADMINADMIN2", "se/cret+", time.Unix(0, 0))
	if err := s.Update(context.Background(), func(tx *store.Txn) error {
		iam.AccessKeys.Put(tx, admin)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	server := gateway.NewServer(gateway.New(gateway.Options{
		Services:    []*wire.Service{stsapi.Bind(stsapi.Handler{})},
		Credentials: iam.Directory{Store: s},
		Authorizer:  gateway.AllowAll{},
		Clock:       clock.System{},
		Log:         log,
	}), log)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Shutdown(context.Background())
		_ = s.Close()
	})
	return "http://" + l.Addr().String()
}

func TestGetCallerIdentityBySDK(t *testing.T) {
	c := sts.New(sts.Options{
		BaseEndpoint: aws.String(serve(t)), Region: "eu-central-7",
		Credentials: credentials.NewStaticCredentialsProvider("AKIAADMINADMINADMIN2", "se/cret+", ""),
	})
	out, err := c.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(out.Account) != account || aws.ToString(out.UserId) != account || aws.ToString(out.Arn) != "arn:aws:iam::"+account+":root" {
		t.Errorf("%+v", out)
	}
}

// runCLI runs the real CLI against the endpoint with the given secret.
func runCLI(t *testing.T, secret string) (string, error) {
	t.Helper()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws CLI is not installed")
	}
	cmd := exec.Command(cli, "sts", "get-caller-identity", "--output", "json")
	cmd.Env = append(cmd.Environ(), "AWS_ENDPOINT_URL="+serve(t), "AWS_DEFAULT_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIAADMINADMINADMIN2",
		"AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestGetCallerIdentityByCLI(t *testing.T) {
	out, err := runCLI(t, "se/cret+")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(out), &got); err != nil || got["Account"] != account || got["Arn"] != "arn:aws:iam::"+account+":root" {
		t.Errorf("%v %s", err, out)
	}
}

func TestWrongSecretByCLI(t *testing.T) {
	out, err := runCLI(t, "wrong")
	if err == nil || !strings.Contains(out, "(SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we calculated does not match") {
		t.Errorf("%v %s", err, out)
	}
}
