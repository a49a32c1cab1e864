package elbv2ctl

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ObjectStore takes whole objects. Put replaces the object of a key; one that
// fails may be repeated.
type ObjectStore interface {
	Put(ctx context.Context, bucket, key string, content []byte) error
}

// Files is an ObjectStore of files below a directory: <dir>/<bucket>/<key>.
type Files struct{ Dir string }

var _ ObjectStore = Files{}

// Put implements ObjectStore. Whoever looks sees the whole object or none.
func (f Files) Put(_ context.Context, bucket, key string, content []byte) error {
	path := filepath.Join(f.Dir, bucket, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("put object: %w", err)
	}
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return fmt.Errorf("put object: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("put object: %w", err)
	}
	return nil
}

// deliverEvery is how often finished access logs are looked for.
const deliverEvery = 5 * time.Second

// deliverLogs brings access logs that the proxy has finished to the object
// store until ctx ends. What can't be brought waits for the next turn.
func (c *Controller) deliverLogs(ctx context.Context) error {
	if c.Objects == nil {
		return nil
	}
	for ctx.Err() == nil {
		if err := c.deliverFinished(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error("access logs not delivered", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(deliverEvery):
		}
	}
	return nil
}

// deliverFinished delivers every finished file of the spool.
func (c *Controller) deliverFinished(ctx context.Context) error {
	var errs []error
	err := filepath.WalkDir(c.LogSpool, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if d.Type().IsRegular() && strings.HasSuffix(path, ".log") {
			errs = append(errs, c.deliver(ctx, path))
		}
		return nil
	})
	return errors.Join(append(errs, err)...)
}

// deliver puts a file of the spool where it belongs, and removes it.
func (c *Controller) deliver(ctx context.Context, path string) error {
	relative, err := filepath.Rel(c.LogSpool, path)
	if err != nil {
		return err
	}
	bucket, key, err := logObject(relative)
	if err != nil {
		return err
	}
	lines, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var content bytes.Buffer
	z := gzip.NewWriter(&content)
	if _, err := z.Write(lines); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := c.Objects.Put(ctx, bucket, key, content.Bytes()); err != nil {
		return fmt.Errorf("access log for bucket %s: %w", bucket, err)
	}
	return os.Remove(path)
}
