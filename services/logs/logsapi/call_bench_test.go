package logsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/tap"
	"kaimon.dev/kaimon/store"
)

// oneKey is the only access key.
type oneKey struct{}

func (oneKey) Credential(_ context.Context, id string) (aws.Credential, bool) {
	return aws.Credential{AccessKeyID: id, Secret: "secret", Account: "000000000000"}, id == "AKIA"
}

type noMetrics struct{}

func (noMetrics) Record(...metric.Datum) {}

// front is a server of Logs alone, with a store on the disk and those who listen
// to what is taken.
func front(b *testing.B) *httptest.Server {
	b.Helper()
	engine, err := logstore.Open(logstore.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	db := store.OpenMemory(logs.Tables()...)
	tails := tap.NewTails()
	h := &Handlers{
		Store: db, Clock: clock.System{}, Hex: clock.Hex, Tails: tails,
		Engine: tap.Engine{Engine: engine, Listeners: []tap.Listener{tap.NewMetrics(db, noMetrics{}), tails}},
	}
	s := httptest.NewServer(gateway.New(gateway.Options{
		Services: []*wire.Service{Bind(h)}, Credentials: oneKey{}, Authorizer: gateway.AllowAll{},
		Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	}))
	b.Cleanup(func() { s.Close(); engine.Close(); db.Close() })
	return s
}

// signed is a request of an operation.
func signed(b *testing.B, url, operation string, body []byte) *http.Request {
	b.Helper()
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	sum := sha256.Sum256(body)
	key := sdk.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"}
	if err := v4.NewSigner().SignHTTP(b.Context(), key, r, hex.EncodeToString(sum[:]), "logs", "eu-west-1", clock.System{}.Now()); err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkPutLogEvents takes batches of a megabyte over HTTP, from the signature
// to the disk.
func BenchmarkPutLogEvents(b *testing.B) {
	s := front(b)
	send := func(r *http.Request) {
		resp, err := s.Client().Do(r)
		if err != nil {
			b.Error(err)
			return
		}
		defer resp.Body.Close()
		if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
			b.Errorf("%s", text)
		}
	}
	for operation, body := range map[string]string{
		"CreateLogGroup": `{"logGroupName":"g"}`,
	} {
		send(signed(b, s.URL, operation, []byte(body)))
	}
	send(signed(b, s.URL, "CreateLogStream", []byte(`{"logGroupName":"g","logStreamName":"s"}`)))
	body, size := batch(clock.System{}.Now().UnixMilli())
	ready := signed(b, s.URL, "PutLogEvents", body)
	b.SetBytes(int64(size))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := ready.Clone(b.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
			send(r)
		}
	})
}
