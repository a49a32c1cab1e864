package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	maxHeader     = 64 << 10
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// Server serves a handler on a listener until it is shut down.
type Server struct {
	http *http.Server
	stop context.CancelFunc
}

// NewServer makes a server with the limits of a public port: 64 KiB of headers
// within ten seconds, two minutes of idleness. Bodies are the handlers' concern.
func NewServer(h http.Handler, log *slog.Logger) *Server {
	stopping, stop := context.WithCancel(context.Background())
	return &Server{stop: stop, http: &http.Server{
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), stoppingKey{}, stopping)
		},
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
}

// Serve accepts connections until Shutdown, and then returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// stoppingKey is that of the context, in every request's, that ends when the
// server begins to stop.
type stoppingKey struct{}

// untilStop is a request's context for an answer that goes on by itself.
func untilStop(ctx context.Context) (context.Context, context.CancelFunc) {
	stopping, ok := ctx.Value(stoppingKey{}).(context.Context)
	ctx, cancel := context.WithCancel(ctx)
	if !ok {
		return ctx, cancel
	}
	forget := context.AfterFunc(stopping, cancel)
	return ctx, func() { forget(); cancel() }
}

// Shutdown stops accepting and ends event streams at once and waits for the
// other calls under way, until the context ends; what is left then is cut off and the context's error returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	err := s.http.Shutdown(ctx)
	if err != nil {
		_ = s.http.Close()
	}
	return err
}
