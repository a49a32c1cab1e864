package containerd

import (
	"context"
	"io"
	"log/slog"
	"sync"

	cdlog "github.com/containerd/log"
	"github.com/sirupsen/logrus"
)

// libraryLogTaken guards containerd's logger, of which there is one a process.
var libraryLogTaken sync.Once

// takeLibraryLog sends what containerd's packages log to log, one level lower
// than they see it: what matters comes back to us as an error.
func takeLibraryLog(log *slog.Logger) {
	libraryLogTaken.Do(func() { replaceLibraryLog(log) })
}

func replaceLibraryLog(log *slog.Logger) {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.SetLevel(logrus.WarnLevel)
	logger.AddHook(libraryLog{log})
	cdlog.L = logrus.NewEntry(logger)
}

type libraryLog struct{ log *slog.Logger }

// Levels implements logrus.Hook.
func (libraryLog) Levels() []logrus.Level { return logrus.AllLevels }

// Fire implements logrus.Hook.
func (h libraryLog) Fire(e *logrus.Entry) error {
	level := slog.LevelDebug
	if e.Level <= logrus.ErrorLevel {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.String("from", "containerd library")}
	for k, v := range e.Data {
		attrs = append(attrs, slog.Any(k, v))
	}
	h.log.LogAttrs(context.Background(), level, e.Message, attrs...)
	return nil
}
