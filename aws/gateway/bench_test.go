package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
)

// BenchmarkCall is the front door's share of a call: all but the network.
func BenchmarkCall(b *testing.B) {
	g := New(Options{
		Services:    []*wire.Service{service("ecs", "ECS_V1", wire.JSON11, wire.ECSStyle)},
		Credentials: testKeys(), Authorizer: AllowAll{}, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	const body = `{"Text":"hello"}`
	r, err := http.NewRequest("POST", "http://127.0.0.1:4566/", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "ECS_V1.Echo")
	if err := v4.NewSigner().SignHTTP(context.Background(), rootKey, r, hexSHA256([]byte(body)), "ecs", "eu-west-1", clock.System{}.Now()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		in := httptest.NewRequest("POST", "/", strings.NewReader(body))
		in.Host, in.Header = r.URL.Host, r.Header
		w := httptest.NewRecorder()
		g.ServeHTTP(w, in)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
