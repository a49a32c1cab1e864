package logsctl

import (
	"fmt"

	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/runtime"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// Sink is the runtimes' way to log streams, which it knows by ARN.
type Sink struct {
	// Store has the streams' rows, Engine their events.
	Store  *store.Store
	Engine logs.Engine
}

var _ runtime.LogStore = Sink{}

// Taken implements runtime.LogStore.
func (s Sink) Taken(source string) (int64, error) { return s.Engine.Mark(source) }

// Take implements runtime.LogStore.
func (s Sink) Take(stream string, lines []logline.Event, mark logline.Mark) error {
	st, ok := logs.Streams.Get(s.Store.Snapshot(), stream)
	if !ok {
		return fmt.Errorf("log stream %s: %w", stream, runtime.ErrNotFound)
	}
	return s.Engine.Append(st.ID, lines, mark)
}

// Forget implements runtime.LogStore.
func (s Sink) Forget(source string) error { return s.Engine.Forget(source) }
