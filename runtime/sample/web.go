package sample

import (
	"context"
	"errors"
	"html/template"
	"net"
	"net/http"
	"os"
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// Listen is the address that the sample serves at.
const Listen = ":80"

const (
	headerTimeout = 5 * time.Second
	endGrace      = 5 * time.Second
)

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Kaimon sample</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}dt{color:#666}dd{margin:0 0 1em}</style></head>
<body>
<h1>It works</h1>
<p>This page comes from a container that Kaimon runs as an Amazon ECS task.</p>
<dl>
{{with .Version}}<dt>Version</dt><dd>{{.}}</dd>
{{end}}<dt>Task</dt><dd>{{.Hostname}}</dd>
<dt>Addresses</dt><dd>{{range .Addresses}}{{.}} {{end}}</dd>
<dt>Time</dt><dd>{{.Time}}</dd>
<dt>You are</dt><dd>{{.Remote}}</dd>
</dl>
</body></html>
`))

// Handler serves the page; GET /health answers 200 with "ok".
func Handler(clock clock.Clock) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		hostname, err := os.Hostname()
		if err != nil {
			hostname = "unknown"
		}
		// A reader that has gone is the only way for this to fail.
		_ = page.Execute(w, map[string]any{
			"Version": os.Getenv("VERSION"), "Hostname": hostname, "Addresses": addresses(),
			"Time": clock.Now().UTC().Format(time.RFC3339), "Remote": r.RemoteAddr,
		})
	})
	return mux
}

// addresses are those of this machine, or task, that others can reach.
func addresses() []string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []string
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			out = append(out, n.IP.String())
		}
	}
	return out
}

// Serve serves the page on a listener until ctx ends, then finishes the
// requests under way.
func Serve(ctx context.Context, l net.Listener, clock clock.Clock) error {
	server := &http.Server{Handler: Handler(clock), ReadHeaderTimeout: headerTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), endGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
