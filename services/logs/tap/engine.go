package tap

import (
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
)

// Listener hears of events that were taken.
type Listener interface {
	// Taken is called with each batch once it is durable, by the writer: it must
	// not block, and not keep the messages.
	Taken(to logline.Stream, events []logline.Event)
}

// Engine is an engine whose listeners hear what is appended.
type Engine struct {
	logs.Engine
	Listeners []Listener
}

// Append implements logs.Engine.
func (e Engine) Append(to logline.Stream, events []logline.Event, mark logline.Mark) error {
	if err := e.Engine.Append(to, events, mark); err != nil {
		return err
	}
	for _, l := range e.Listeners {
		l.Taken(to, events)
	}
	return nil
}
