package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
)

type tick struct{ Text *string }
type ticks struct{ Tick *tick }
type followInput struct{ Text *string }
type followOutput struct {
	Title  *string
	Events wire.EventStream
}

// following is a service whose answers are event streams.
func following(follow func(context.Context, *followInput) (*followOutput, error)) *wire.Service {
	return wire.Link(wire.Service{
		Name: "logs", SigningName: "logs", TargetPrefix: "Logs", Style: wire.CoralStyle, Protocols: []wire.Protocol{wire.JSON11},
		Operations: []wire.Operation{wire.Op(wire.Operation{Name: "Follow"}, follow)},
	}, []wire.Shape{
		{Name: "FollowInput", Kind: wire.Structure, Members: []wire.Member{{Name: "text", Target: "text"}}},
		{Name: "FollowOutput", Kind: wire.Structure, Members: []wire.Member{{Name: "title", Target: "text"}, {Name: "events", Target: "ticks"}}},
		{Name: "ticks", Kind: wire.Stream, Members: []wire.Member{{Name: "tick", Target: "tick"}}},
		{Name: "tick", Kind: wire.Structure, Members: []wire.Member{{Name: "text", Target: "text"}}},
		{Name: "text", Kind: wire.String},
	})
}

// follow calls the service and returns its answer, unread.
func (h *house) follow(t *testing.T) *http.Response {
	t.Helper()
	r := h.request(t, "ecs", "x")
	setBody(r, []byte(`{"text":"x"}`))
	r.Header.Set("X-Amz-Target", "Logs.Follow")
	sign(t, r, rootKey, "logs", 0)
	resp, err := (&http.Client{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// messages reads the messages of a stream, "type name payload" each, up to n.
func messages(t *testing.T, r io.Reader, n int) []string {
	t.Helper()
	var out []string
	d := eventstream.NewDecoder()
	for len(out) < n {
		m, err := d.Decode(r, nil)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kind := m.Headers.Get(":message-type").String()
		out = append(out, fmt.Sprint(kind, " ", m.Headers.Get(":"+kind+"-type"), " ", string(m.Payload)))
	}
	return out
}

func TestEventStream(t *testing.T) {
	h := start(t, func(o *Options) {
		o.Services = append(o.Services, following(func(context.Context, *followInput) (*followOutput, error) {
			return &followOutput{Title: wire.Ptr("t"), Events: func(send func(any) error) error {
				for _, text := range []string{"a", "b"} {
					if err := send(&ticks{Tick: &tick{Text: &text}}); err != nil {
						return err
					}
				}
				return aws.Errorf("SessionTimeoutException", "over")
			}}, nil
		}))
	})
	resp := h.follow(t)
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != "application/vnd.amazon.eventstream" {
		t.Errorf("status %d, %s", resp.StatusCode, got)
	}
	got := messages(t, bufio.NewReader(resp.Body), 100)
	want := []string{
		`event initial-response {"title":"t"}`, `event tick {"text":"a"}`, `event tick {"text":"b"}`,
		`exception SessionTimeoutException {"message":"over"}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
}

// endless is a service that sends one event and then waits; ended hears why it
// stopped.
func endless() (*wire.Service, chan error) {
	ended := make(chan error, 1)
	return following(func(ctx context.Context, _ *followInput) (*followOutput, error) {
		return &followOutput{Events: func(send func(any) error) error {
			if err := send(&ticks{Tick: &tick{Text: wire.Ptr("at once")}}); err != nil {
				return err
			}
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}}, nil
	}), ended
}

// heard waits for the end of a stream's handler.
func heard(t *testing.T, ended chan error) {
	t.Helper()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the handler goes on")
	}
}

// TestEventStreamEndsWithTheServer holds that a stream doesn't hold up the end.
func TestEventStreamEndsWithTheServer(t *testing.T) {
	s, ended := endless()
	h := start(t, func(o *Options) { o.Services = append(o.Services, s) })
	resp := h.follow(t)
	if got := messages(t, resp.Body, 2); len(got) != 2 {
		t.Fatalf("got %q", got)
	}
	if err := h.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	heard(t, ended)
	if rest := messages(t, resp.Body, 1); len(rest) != 0 {
		t.Errorf("after the end: %q", rest)
	}
}

// TestEventStreamEndsWithTheClient holds that nothing goes on for nobody.
func TestEventStreamEndsWithTheClient(t *testing.T) {
	s, ended := endless()
	h := start(t, func(o *Options) { o.Services = append(o.Services, s) })
	resp := h.follow(t)
	if got := messages(t, resp.Body, 2); len(got) != 2 {
		t.Fatalf("got %q", got)
	}
	resp.Body.Close()
	heard(t, ended)
}
