package logs

import (
	"fmt"

	"kaimon.dev/kaimon/store"
)

// Remain is word that events have to go: their group, or stream, was deleted.
// Made with the deletion; logsctl deletes the events and then the word.
type Remain struct {
	Group uint64
	// Stream is 0 for a whole group.
	Stream uint64
}

// ID is the row's key.
func (r *Remain) ID() string { return fmt.Sprintf("%016x/%016x", r.Group, r.Stream) }

// Remains keeps what has to go.
var Remains = store.NewTable("logs.remains", func(r *Remain) string { return r.ID() })
