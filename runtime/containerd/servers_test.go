package containerd

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/test/images"
)

// TestServers runs real programs: nginx and redis from Debian packages.
func TestServers(t *testing.T) {
	b := newBench(t)
	cache, err := images.Cache()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		image string
		probe []string
		want  string
	}{
		{"nginx", []string{"wget", "-qO-", "http://127.0.0.1/"}, "Welcome to nginx!"},
		{"redis", []string{"redis-cli", "ping"}, "PONG"},
	} {
		t.Run(tt.image, func(t *testing.T) {
			b.in(t)
			path, err := images.Archive(t.Context(), cache, tt.image)
			if err != nil && os.Getenv("CI") == "" {
				t.Skipf("run `go run ./test/images/testimages` once, with a network: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := b.ImportImages(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			digest, err := b.EnsureImage(t.Context(), "kaimon/"+tt.image, nil)
			if err != nil {
				t.Fatal(err)
			}
			spec := runtime.Spec{
				ID: clock.Hex(16), NetworkNamespace: "/proc/self/ns/net", Hostname: tt.image,
				Containers: []runtime.Container{{Name: "app", Digest: digest, Log: runtime.LogSink{Keep: true}}},
			}
			if _, err := b.start(spec); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			for end := time.Now().Add(10 * time.Second); !strings.Contains(out.String(), tt.want); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%s says %q, its log: %s", tt.image, &out, b.output(spec))
				}
				out.Reset()
				if _, err := b.Exec(t.Context(), spec.ID, "app", tt.probe, runtime.Stdio{Out: &out}); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Signal(t.Context(), spec.ID, "app", "", false); err != nil {
				t.Fatal(err)
			}
			if exit := b.exit(spec.ID); exit.Code != 0 {
				t.Errorf("%+v", exit)
			}
		})
	}
}
