package logstore

import (
	"fmt"
	"log/slog"
)

// engineLog hands pebble's messages on, one level lower than it sees them.
type engineLog struct{ log *slog.Logger }

// Infof implements pebble.Logger.
func (l engineLog) Infof(string, ...any) {}

// Errorf implements pebble.Logger.
func (l engineLog) Errorf(format string, args ...any) {
	l.log.Warn("log engine", "message", fmt.Sprintf(format, args...))
}

// Fatalf implements pebble.Logger: the write-ahead log failed, and what was
// promised can't be kept. Pebble expects not to come back.
func (l engineLog) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf("logstore: "+format, args...))
}
