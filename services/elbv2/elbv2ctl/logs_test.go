package elbv2ctl

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"kaimon.dev/kaimon/services/elbv2"
)

func TestLogObjects(t *testing.T) {
	const application = "bucket/a/b/AWSLogs/1/elasticloadbalancing/eu-west-1/app.web.2/10.0.0.9_20261120T1205Z_01234567.log"
	const network = "bucket/AWSLogs/1/elasticloadbalancing/eu-west-1/net.db.2/10.0.0.9_20261120T1205Z_01234567.log"
	for path, want := range map[string]string{
		application: "a/b/AWSLogs/1/elasticloadbalancing/eu-west-1/2026/11/20/1_elasticloadbalancing_eu-west-1_app.web.2_20261120T1205Z_10.0.0.9_01234567.log.gz",
		network:     "AWSLogs/1/elasticloadbalancing/eu-west-1/2026/11/20/1_elasticloadbalancing_eu-west-1_net.db.2_20261120T1205Z_01234567.log.gz",
	} {
		if bucket, key, err := logObject(path); err != nil || bucket != "bucket" || key != want {
			t.Errorf("%s: %s %s %v", path, bucket, key, err)
		}
	}
	for _, bad := range []string{"", "a.log", "a/b/c/d/e/f/g.log", "bucket/AWSLogs/1/elasticloadbalancing/eu-west-1/app.web.2/x.log"} {
		if _, _, err := logObject(bad); err == nil {
			t.Errorf("%q is taken for an access log", bad)
		}
	}
	b := &elbv2.LoadBalancer{ARN: elbv2.LoadBalancerARN(scope, elbv2.Application, "web", "2"), Scope: scope, Name: "web", Type: elbv2.Application}
	if got := logDir("/spool", b, "bucket", "a/b"); got != "/spool/bucket/a/b/AWSLogs/000000000000/elasticloadbalancing/eu-west-1/app.web.2" {
		t.Error(got)
	}
}

// failing is an object store that is out of order at first.
type failing struct {
	Files
	times int
}

func (f *failing) Put(ctx context.Context, bucket, key string, content []byte) error {
	if f.times > 0 {
		f.times--
		return errors.New("out of order")
	}
	return f.Files.Put(ctx, bucket, key, content)
}

func TestLogsAreDelivered(t *testing.T) {
	spool, objects := t.TempDir(), t.TempDir()
	dir := filepath.Join(spool, "bucket/AWSLogs/1/elasticloadbalancing/eu-west-1/app.web.2")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	finished, part := filepath.Join(dir, "10.0.0.9_20261120T1205Z_01234567.log"), filepath.Join(dir, "10.0.0.9.part")
	for _, path := range []string{finished, part} {
		if err := os.WriteFile(path, []byte("a line\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := New(Options{LogSpool: spool, Objects: &failing{Files{objects}, 1}, Log: slog.New(slog.DiscardHandler)})
	if err := c.deliverFinished(t.Context()); err == nil {
		t.Error("a failure is kept back")
	}
	if _, err := os.Stat(finished); err != nil {
		t.Errorf("not delivered, and gone: %v", err)
	}
	for range 2 {
		if err := c.deliverFinished(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(finished); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("delivered, and still there: %v", err)
	}
	if _, err := os.Stat(part); err != nil {
		t.Errorf("a file that isn't finished was taken: %v", err)
	}
	f, err := os.Open(filepath.Join(objects, "bucket/AWSLogs/1/elasticloadbalancing/eu-west-1/2026/11/20/1_elasticloadbalancing_eu-west-1_app.web.2_20261120T1205Z_10.0.0.9_01234567.log.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); string(b) != "a line\n" {
		t.Errorf("%q %v", b, err)
	}
	nowhere := New(Options{LogSpool: filepath.Join(spool, "none"), Objects: Files{objects}})
	if err := nowhere.deliverFinished(t.Context()); err != nil {
		t.Errorf("without logs: %v", err)
	}
}
