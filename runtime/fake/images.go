package fake

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kaimon.dev/kaimon/runtime"
)

// Pull changes what happens when an image is asked for.
type Pull struct {
	// Fault makes it fail, with Message as the cause.
	Fault   runtime.PullFault
	Message string
	// Delay is how long it takes.
	Delay time.Duration
	// Digest is what a tag stands for; without it is Digest of the reference.
	Digest string
}

// OnPull sets what happens from now on when an image reference is asked for.
// Otherwise every image exists and is there at once.
func (m *Machine) OnPull(ref string, p Pull) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pulls[ref] = p
}

// Digest is the digest that the fake gives a reference.
func Digest(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// EnsureImage implements runtime.Images.
func (r *Runtime) EnsureImage(ctx context.Context, ref string, progress func(done, total int64)) (string, error) {
	r.machine.mu.Lock()
	p := r.machine.pulls[ref]
	r.machine.mu.Unlock()
	if p.Delay > 0 {
		select {
		case <-time.After(p.Delay):
		case <-ctx.Done():
			return "", &runtime.PullError{Ref: ref, Fault: runtime.PullOther, Err: ctx.Err()}
		}
	}
	if p.Fault != "" {
		return "", &runtime.PullError{Ref: ref, Fault: p.Fault, Err: errors.New(p.Message)}
	}
	if progress != nil {
		progress(1, 1)
	}
	if _, digest, ok := strings.Cut(ref, "@"); ok {
		return digest, nil
	}
	if p.Digest != "" {
		return p.Digest, nil
	}
	return Digest(ref), nil
}

// ImportImages implements runtime.Images for Docker archives, of which it
// reads the names only.
func (r *Runtime) ImportImages(_ context.Context, archive io.Reader) ([]string, error) {
	for in := tar.NewReader(archive); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the archive has no manifest.json")
		}
		if err != nil {
			return nil, fmt.Errorf("read image archive: %w", err)
		}
		if header.Name != "manifest.json" {
			continue
		}
		var manifest []struct{ RepoTags []string }
		if err := json.NewDecoder(in).Decode(&manifest); err != nil {
			return nil, fmt.Errorf("read manifest.json: %w", err)
		}
		var names []string
		for _, image := range manifest {
			names = append(names, image.RepoTags...)
		}
		return names, nil
	}
}
