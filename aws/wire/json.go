package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"kaimon.dev/kaimon/aws"
)

// jsonCodec speaks AWS JSON 1.0 and 1.1, which differ in their content type
// alone (Smithy, "AWS JSON 1.1 protocol").
type jsonCodec struct{ contentType string }

// Decode implements [Codec]. Unknown members are tolerated, as AWS does; of a
// key that appears twice the last one counts.
func (jsonCodec) Decode(_ *Service, op *Operation, _ *http.Request, body []byte) (any, error) {
	in := op.NewInput()
	if err := decodeJSON(op.input, body, reflect.ValueOf(in).Elem()); err != nil {
		return nil, err
	}
	return in, nil
}

// Encode implements [Codec].
func (c jsonCodec) Encode(_ *Service, op *Operation, out any, requestID string) (*Response, error) {
	w := newJSONWriter()
	if err := w.structure(op.output, reflect.ValueOf(out).Elem()); err != nil {
		return nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	if m := op.output.streamOf(); m != nil {
		return c.stream(op.output, m, out, w.buf.Bytes(), requestID), nil
	}
	return answer(http.StatusOK, c.contentType, requestID, w.buf.Bytes()), nil
}

// EncodeError implements [Codec]: {"__type": code, "message": text} and the
// further members of the error's shape.
func (c jsonCodec) EncodeError(_ *Service, e *aws.Error, requestID string) *Response {
	w := newJSONWriter()
	w.buf.WriteString(`{"__type":`)
	w.text(e.Code)
	w.buf.WriteString(`,"message":`)
	w.text(e.Message)
	for _, name := range sortedKeys(e.Fields) {
		value, err := json.Marshal(e.Fields[name])
		if err != nil {
			continue // a member that cannot be written is worth less than the error itself
		}
		w.buf.WriteByte(',')
		w.text(name)
		w.buf.WriteByte(':')
		w.buf.Write(value)
	}
	w.buf.WriteByte('}')
	return answer(e.HTTPStatus(), c.contentType, requestID, w.buf.Bytes())
}

// serialization is the error for a request that does not fit the model's types.
func serialization(format string, args ...any) *aws.Error {
	return aws.Errorf("SerializationException", format, args...)
}
