package images

import (
	"context"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
)

// heldWriter commits into the registry's lease, and has what looks like a layer
// unpacked while it is written.
type heldWriter struct {
	content.Writer
	ctx   context.Context
	store *Store

	head    []byte // what came before it is decided
	decided bool   // whether this is to be unpacked
	stage   *stage // which does so; nil for none
}

// Write implements io.Writer.
func (w *heldWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	switch came := p[:n]; {
	case w.stage != nil:
		w.stage.feed(came)
	case !w.decided:
		w.decide(came)
	}
	return n, err
}

// decide begins a stage once what came is seen to be a layer's.
func (w *heldWriter) decide(came []byte) {
	w.head = append(w.head, came...)
	looks := looksLikeLayer(w.head)
	if !looks && len(w.head) < tarBlock {
		return
	}
	if looks {
		w.stage = w.store.stage(w.ctx)
	}
	if w.stage != nil {
		w.stage.feed(w.head)
	}
	w.head, w.decided = nil, true
}

// Truncate implements content.Writer.
func (w *heldWriter) Truncate(size int64) error {
	w.leave()
	w.decided = true
	return w.Writer.Truncate(size)
}

// Commit implements content.Writer.
func (w *heldWriter) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	blob := w.Digest()
	err := w.Writer.Commit(held(ctx), size, expected, opts...)
	if w.stage != nil && err == nil {
		w.store.staged(ctx, w.stage, blob)
		w.stage = nil
	}
	return err
}

// Close implements io.Closer: what wasn't committed came for nothing.
func (w *heldWriter) Close() error {
	w.leave()
	return w.Writer.Close()
}

func (w *heldWriter) leave() {
	if w.stage != nil {
		w.stage.abort()
		w.stage = nil
	}
}
