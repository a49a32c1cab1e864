package registry

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"

	"kaimon.dev/kaimon/internal/clock"
)

// refPrefix begins the names of the registry's uploads in the content store.
const refPrefix = "registry-upload "

// uploads are the uploads under way. A writer stays open between requests, so
// that its digest goes on instead of being computed anew; after a restart it is
// opened again where it was.
type uploads struct {
	content Content
	clock   clock.Clock

	mu   sync.Mutex
	open map[string]*upload
}

// upload is the writer of one upload. Its lock is held by one request.
type upload struct {
	content.Writer
	ref  string
	mu   sync.Mutex
	used time.Time // guarded by uploads.mu
	gone bool
	// last is the size of the last part, smallest that of the smallest before
	// it; both of this process's parts only, 0 for none.
	last, smallest int64
}

// uploadRef is the name of a repository's upload in the content store: nobody
// can continue it from another repository.
func uploadRef(repository, id string) string {
	return refPrefix + repository + " " + id
}

// take gives one request an upload for its own, until release. An upload that
// isn't known is begun if create says so.
func (u *uploads) take(ctx context.Context, ref string, create bool) (*upload, error) {
	for {
		up, err := u.find(ctx, ref, create)
		if err != nil {
			return nil, err
		}
		up.mu.Lock()
		if !up.gone {
			return up, nil
		}
		up.mu.Unlock()
	}
}

func (u *uploads) find(ctx context.Context, ref string, create bool) (*upload, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if up := u.open[ref]; up != nil {
		up.used = u.clock.Now()
		return up, nil
	}
	if !create {
		if _, err := u.content.Status(ctx, ref); errdefs.IsNotFound(err) {
			return nil, uploadUnknown()
		} else if err != nil {
			return nil, err
		}
	}
	w, err := u.content.Writer(ctx, content.WithRef(ref))
	if err != nil {
		return nil, err
	}
	up := &upload{Writer: w, ref: ref, used: u.clock.Now()}
	u.open[ref] = up
	return up, nil
}

// release ends a request's hold on an upload.
func (u *uploads) release(up *upload) {
	u.mu.Lock()
	up.used = u.clock.Now()
	u.mu.Unlock()
	up.mu.Unlock()
}

// forget ends an upload that the caller holds; its bytes are thrown away unless
// they were committed.
func (u *uploads) forget(ctx context.Context, up *upload) error {
	up.gone = true
	u.mu.Lock()
	delete(u.open, up.ref)
	u.mu.Unlock()
	_ = up.Close() // a committed writer is closed already
	if err := u.content.Abort(ctx, up.ref); err != nil && !errdefs.IsNotFound(err) {
		return err
	}
	return nil
}

// expire throws away the uploads that rest for too long, of this process and of
// earlier ones.
func (u *uploads) expire(ctx context.Context) error {
	deadline := u.clock.Now().Add(-uploadPatience)
	u.mu.Lock()
	var idle []*upload
	busy := map[string]bool{}
	for ref, up := range u.open {
		if up.used.Before(deadline) && up.mu.TryLock() {
			idle = append(idle, up)
		} else {
			busy[ref] = true
		}
	}
	u.mu.Unlock()
	for _, up := range idle {
		err := u.forget(ctx, up)
		up.mu.Unlock()
		if err != nil {
			return err
		}
	}
	left, err := u.content.ListStatuses(ctx)
	if errdefs.IsNotFound(err) {
		return nil // one ended while they were listed: the next time shows the others
	}
	if err != nil {
		return err
	}
	for _, s := range left {
		if strings.HasPrefix(s.Ref, refPrefix) && !busy[s.Ref] && s.UpdatedAt.Before(deadline) {
			if err := u.content.Abort(ctx, s.Ref); err != nil && !errdefs.IsNotFound(err) {
				return err
			}
		}
	}
	return nil
}

// offset is how many bytes an upload has.
func (up *upload) offset() (int64, error) {
	st, err := up.Status()
	return st.Offset, err
}

// append adds the bytes of a request's body.
func (up *upload) append(body io.Reader) error {
	_, err := io.CopyBuffer(writeOnly{up.Writer}, body, make([]byte, 256<<10))
	return err
}

// writeOnly hides everything but Write, so that the buffer is used.
type writeOnly struct{ io.Writer }
