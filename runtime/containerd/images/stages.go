package images

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	"github.com/moby/sys/userns"
	"github.com/opencontainers/go-digest"

	"kaimon.dev/kaimon/internal/clock"
)

const (
	// snapshotType is the type of snapshots as a lease's resources.
	snapshotType = "snapshots/" + snapshotter
	// stagesLease keeps what is staged.
	stagesLease = "stages"
	// stagesComing is how many layers are staged at a time, stagesReady how many
	// may wait for their image, and stagePatience for how long.
	stagesComing, stagesReady = 6, 128
	stagePatience             = time.Hour
	// stageIdle is how long nothing must have come for a layer for another to take
	// its place.
	stageIdle = 5 * time.Second
	// spareBytes and spareFiles are what stages leave free of a disk.
	spareBytes, spareFiles = 2 << 30, 100_000
)

// stages are the layers that are unpacked before it is known what for.
type stages struct {
	manager leases.Manager
	running sync.WaitGroup

	mu     sync.Mutex
	begun  bool // whether there is a lease
	coming map[*stage]bool
	ready  map[digest.Digest]*stage
}

// leased marks ctx so that what is written under it is kept for the stages.
func (t *stages) leased(ctx context.Context) context.Context {
	return leases.WithLease(own(ctx), stagesLease)
}

// release ends the lease on a snapshot that has become another.
func (t *stages) release(ctx context.Context, key string) error {
	err := t.manager.DeleteResource(own(ctx), leases.Lease{ID: stagesLease}, leases.Resource{ID: key, Type: snapshotType})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// stage begins to unpack a layer that comes; nil if it is to be unpacked in its
// turn.
func (s *Store) stage(ctx context.Context) *stage {
	t := &s.stages
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.begun {
		if _, err := t.manager.Create(own(ctx), leases.WithID(stagesLease)); err != nil && !errdefs.IsAlreadyExists(err) {
			s.log.Warn("layers can't be unpacked while they come", "error", err)
			return nil
		}
		t.begun = true
	}
	if len(t.coming) >= stagesComing && !t.evict() || userns.RunningInUserNS() {
		return nil
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	g := &stage{
		key: stageKey + clock.Hex(8), input: make(chan []byte, chunks), free: make(chan []byte, chunks+1),
		stop: stop, done: make(chan struct{}),
	}
	t.coming[g] = true
	t.running.Go(func() {
		defer close(g.done)
		defer stop()
		if g.err = s.unpackStage(ctx, g); g.err != nil {
			s.log.Debug("a layer was not unpacked while it came", "error", g.err)
			s.discard(ctx, g)
		}
		t.mu.Lock()
		delete(t.coming, g)
		t.mu.Unlock()
	})
	return g
}

// evict makes room for another stage by ending the one that nothing has come for
// for the longest, if it is long enough. The caller holds the lock.
func (t *stages) evict() bool {
	deadline := clock.System{}.Now().Add(-stageIdle).UnixNano()
	var oldest *stage
	for g := range t.coming {
		if at := g.fed.Load(); at < deadline && (oldest == nil || at < oldest.fed.Load()) {
			oldest = g
		}
	}
	if oldest != nil {
		oldest.stop()
		delete(t.coming, oldest)
	}
	return oldest != nil
}

// staged says that all of a layer has come, and under which digest.
func (s *Store) staged(ctx context.Context, g *stage, blob digest.Digest) {
	t := &s.stages
	t.running.Go(g.end)
	t.mu.Lock()
	var surplus []*stage
	if before := t.ready[blob]; before != nil {
		surplus = append(surplus, before)
	} else if len(t.ready) >= stagesReady {
		surplus = append(surplus, t.oldest())
	}
	t.ready[blob] = g
	t.mu.Unlock()
	for _, g := range surplus {
		s.drop(ctx, g)
	}
}

// oldest takes out the stage that waits for the longest. The caller holds the lock.
func (t *stages) oldest() *stage {
	var at digest.Digest
	for blob, g := range t.ready {
		if at == "" || g.fed.Load() < t.ready[at].fed.Load() {
			at = blob
		}
	}
	g := t.ready[at]
	delete(t.ready, at)
	return g
}

// claim gives the caller the stage of a layer for its own, once it is done; nil if
// there is none, or it came to nothing.
func (s *Store) claim(ctx context.Context, blob digest.Digest) *stage {
	s.stages.mu.Lock()
	g := s.stages.ready[blob]
	delete(s.stages.ready, blob)
	s.stages.mu.Unlock()
	if g == nil {
		return nil
	}
	select {
	case <-g.done:
	case <-ctx.Done():
		g.abort()
	}
	if g.err != nil {
		return nil
	}
	return g
}

// drop throws away a stage that nobody else has.
func (s *Store) drop(ctx context.Context, g *stage) {
	g.abort()
	if g.err == nil {
		s.discard(ctx, g)
	}
}

// expireStages throws away the layers for which no image came.
func (s *Store) expireStages(ctx context.Context) {
	deadline := clock.System{}.Now().Add(-stagePatience).UnixNano()
	var old []*stage
	s.stages.mu.Lock()
	for blob, g := range s.stages.ready {
		if g.fed.Load() < deadline {
			old = append(old, g)
			delete(s.stages.ready, blob)
		}
	}
	s.stages.mu.Unlock()
	for _, g := range old {
		s.drop(ctx, g)
	}
}

// closeStages ends what is under way.
func (s *Store) closeStages() {
	s.stages.mu.Lock()
	for g := range s.stages.coming {
		g.stop()
	}
	s.stages.mu.Unlock()
	s.stages.running.Wait()
}

// removeStages removes what a process before this one has staged.
func (s *Store) removeStages(ctx context.Context) error {
	ctx = own(ctx)
	var left []string
	err := s.layers.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		if strings.HasPrefix(info.Name, stageKey) {
			left = append(left, info.Name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("staged layers: %w", err)
	}
	if len(left) == 0 {
		return nil
	}
	err = s.leases.Delete(ctx, leases.Lease{ID: stagesLease})
	if errdefs.IsNotFound(err) {
		err = nil
	}
	for _, key := range left {
		err = errors.Join(err, s.layers.Remove(ctx, key))
	}
	if err == nil {
		err = s.collect(ctx)
	}
	if err != nil {
		return fmt.Errorf("remove staged layers: %w", err)
	}
	return nil
}
