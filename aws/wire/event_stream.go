package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"kaimon.dev/kaimon/aws"
)

// EventStream is an answer that goes on: a function that sends one event after
// the other and returns at the end. An event is a pointer to the struct of the
// stream's shape with one member set. An error that is an *aws.Error is sent as
// the stream's last message; one of send means that nobody listens any more.
type EventStream func(send func(event any) error) error

// streamOf returns the member of an answer that is an event stream, nil for none.
func (s *Shape) streamOf() *Member {
	for i := range s.Members {
		if s.Members[i].shape.Kind == Stream {
			return &s.Members[i]
		}
	}
	return nil
}

const eventStreamType = "application/vnd.amazon.eventstream"

// stream makes an answer of an event stream (Smithy, "Amazon Event Stream
// Specification"); the answer's other members are its first message.
func (c jsonCodec) stream(output *Shape, m *Member, out any, initial []byte, requestID string) *Response {
	resp := answer(http.StatusOK, eventStreamType, requestID, nil)
	run, _ := memberOf(output, m, out).Interface().(EventStream)
	resp.Events = func(w io.Writer) error {
		e := &eventWriter{w: w, events: m.shape, encoder: eventstream.NewEncoder(), contentType: c.contentType}
		if err := e.message("event", "initial-response", initial); err != nil || run == nil {
			return err
		}
		err := run(e.send)
		if refusal, ok := aws.AsError(err); ok {
			return e.refuse(refusal)
		}
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	}
	return resp
}

// memberOf is an answer's field of a member.
func memberOf(s *Shape, m *Member, out any) reflect.Value {
	for i := range s.Members {
		if &s.Members[i] == m {
			return reflect.ValueOf(out).Elem().Field(i)
		}
	}
	panic("wire: a member of another shape")
}

// eventWriter writes the messages of an event stream.
type eventWriter struct {
	w           io.Writer
	events      *Shape
	encoder     *eventstream.Encoder
	contentType string
}

// send writes the event that is set.
func (e *eventWriter) send(event any) error {
	v := reflect.ValueOf(event).Elem()
	for i := range e.events.Members {
		m := &e.events.Members[i]
		if v.Field(i).IsNil() {
			continue
		}
		w := newJSONWriter()
		if err := w.structure(m.shape, v.Field(i).Elem()); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		return e.message("event", m.Name, w.buf.Bytes())
	}
	return errors.New("wire: an event without content")
}

// refuse ends the stream with an exception.
func (e *eventWriter) refuse(err *aws.Error) error {
	w := newJSONWriter()
	w.buf.WriteString(`{"message":`)
	w.text(err.Message)
	w.buf.WriteByte('}')
	return e.message("exception", err.Code, w.buf.Bytes())
}

// message writes a message of a type, "event" or "exception".
func (e *eventWriter) message(kind, name string, payload []byte) error {
	header := eventstream.Headers{}
	header.Set(":message-type", eventstream.StringValue(kind))
	header.Set(":"+kind+"-type", eventstream.StringValue(name))
	header.Set(":content-type", eventstream.StringValue(e.contentType))
	var b bytes.Buffer
	if err := e.encoder.Encode(&b, eventstream.Message{Headers: header, Payload: payload}); err != nil {
		return err
	}
	_, err := e.w.Write(b.Bytes())
	return err
}
