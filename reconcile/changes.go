package reconcile

import (
	"context"

	"kaimon.dev/kaimon/store"
)

// FromChanges wakes the loop for what changes in the given tables until ctx is
// done. keys gives the keys that a change concerns, found in a snapshot that
// shows the change; nil stands for the id of the changed row. FromChanges
// subscribes before it returns, and resyncs the loop after that, so that
// nothing falls between the snapshot that Options.Keys reads and the first change.
func FromChanges(ctx context.Context, l *Loop, s *store.Store, keys func(*store.Snapshot, store.Change) []string, tables ...store.AnyTable) {
	changes := s.Changes(ctx, tables...)
	l.Resync()
	go func() {
		for batch := range changes {
			snapshot := s.Snapshot()
			for _, change := range batch {
				if keys == nil {
					l.Wake(change.ID)
				} else {
					l.Wake(keys(snapshot, change)...)
				}
			}
		}
	}()
}
