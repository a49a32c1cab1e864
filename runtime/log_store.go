package runtime

import "kaimon.dev/kaimon/internal/logline"

// LogStore takes what containers print. It is handed to the runtimes that read
// their output on this machine.
type LogStore interface {
	// Taken returns how many bytes of a source's output have been taken.
	Taken(source string) (int64, error)
	// Take adds lines to a stream and moves the source's mark, in one durable
	// step: after an error neither has happened. ErrNotFound says that the
	// stream was deleted: what is for it may be dropped.
	Take(stream string, lines []logline.Event, mark logline.Mark) error
	// Forget drops what is known of a source that prints no more.
	Forget(source string) error
}
