package wire

import (
	"io"
	"net/http"

	"kaimon.dev/kaimon/aws"
)

// Codec speaks one protocol.
type Codec interface {
	// Decode makes the operation's input from a request whose body has been
	// read. Its errors are *aws.Error, such as SerializationException.
	Decode(s *Service, op *Operation, r *http.Request, body []byte) (any, error)
	// Encode makes the answer from what the operation's Call returned.
	Encode(s *Service, op *Operation, out any, requestID string) (*Response, error)
	// EncodeError makes the answer that carries an error. The service is nil
	// when it isn't known.
	EncodeError(s *Service, err *aws.Error, requestID string) *Response
}

// Response is an answer on its way to the client.
type Response struct {
	Status int
	// Header has the content type and what the protocol adds. The request ID's
	// header (x-amzn-RequestId) is part of it.
	Header http.Header
	Body   []byte
	// Events writes what comes after the body for as long as the answer goes on;
	// nil for an answer that is its body. Each Write is a whole event.
	Events func(w io.Writer) error
}

// CodecOf returns the codec of a protocol, and false for one that isn't spoken.
func CodecOf(p Protocol) (Codec, bool) {
	switch p {
	case JSON10:
		return jsonCodec{contentType: "application/x-amz-json-1.0"}, true
	case JSON11:
		return jsonCodec{contentType: "application/x-amz-json-1.1"}, true
	case Query:
		return queryCodec{}, true
	case EC2Query:
		return ec2Codec{}, true
	}
	return nil, false
}

// answer starts a response.
func answer(status int, contentType, requestID string, body []byte) *Response {
	h := http.Header{}
	h.Set("Content-Type", contentType)
	h.Set("x-amzn-RequestId", requestID)
	return &Response{Status: status, Header: h, Body: body}
}

// Complete fills in the status and fault of an error from the model where the
// handler left them open.
func (s *Service) Complete(err *aws.Error) *aws.Error {
	if err.Status != 0 || err.Fault != "" {
		return err
	}
	for _, shape := range s.Errors {
		if shape.Code == err.Code {
			full := *err
			full.Status, full.Fault = shape.Status, shape.Fault
			return &full
		}
	}
	return err
}
