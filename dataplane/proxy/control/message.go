package control

import (
	"errors"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// protocolVersion changes when an older end wouldn't understand a newer one.
const protocolVersion = 2

// request goes to the proxy.
type request struct {
	ID     uint64        // returned in the reply
	Apply  *proxy.Config `json:",omitempty"` // put in force, or
	Change *proxy.Change `json:",omitempty"` // put in force, or
	Ack    uint64        `json:",omitempty"` // the minutes up to this one are in safe hands, or
	Down   bool          `json:",omitempty"` // end
}

// reply comes from the proxy: the first of a connection says hello, the others
// answer a request or carry a report.
type reply struct {
	Hello  *hello        `json:",omitempty"`
	ID     uint64        `json:",omitempty"`
	Error  string        `json:",omitempty"`
	Failed *failed       `json:",omitempty"`
	Report *proxy.Report `json:",omitempty"`

	NotConfigured bool `json:",omitempty"` // the error is proxy.ErrNotConfigured
}

// hello says who answers.
type hello struct {
	Version int
	PID     int
}

// failed is a *proxy.ApplyError.
type failed struct{ Listeners map[string]string }

// answer makes the reply to a request that ended with err.
func answer(id uint64, err error) reply {
	r := reply{ID: id}
	var listeners *proxy.ApplyError
	switch {
	case errors.As(err, &listeners):
		r.Failed = &failed{listeners.Listeners}
	case errors.Is(err, proxy.ErrNotConfigured):
		r.NotConfigured = true
	case err != nil:
		r.Error = err.Error()
	}
	return r
}

// err is the error that the reply carries.
func (r *reply) err() error {
	switch {
	case r.Failed != nil:
		return &proxy.ApplyError{Listeners: r.Failed.Listeners}
	case r.NotConfigured:
		return proxy.ErrNotConfigured
	case r.Error != "":
		return errors.New(r.Error)
	}
	return nil
}
