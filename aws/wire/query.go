package wire

import (
	"net/http"
	"reflect"

	"kaimon.dev/kaimon/aws"
)

// queryCodec speaks AWS Query (Smithy, "AWS query protocol").
type queryCodec struct{}

// queryNames are AWS Query's names: lists under "member", maps under "entry".
var queryNames = queryDialect{
	name: func(m *Member) string {
		if m.LocationName != "" {
			return m.LocationName
		}
		return m.Name
	},
	wrapLists: true,
	malformed: func(path, text string, s *Shape) *aws.Error {
		return aws.Errorf("MalformedInput", "Value (%s) at %s is not a valid %s", text, path, kindNames[s.Kind])
	},
}

// Decode implements [Codec]. Parameters that the model doesn't know are tolerated.
func (queryCodec) Decode(_ *Service, op *Operation, r *http.Request, body []byte) (any, error) {
	return queryNames.decode(op, r, body)
}

// Encode implements [Codec].
func (queryCodec) Encode(s *Service, op *Operation, out any, requestID string) (*Response, error) {
	w := newXMLWriter(queryLocation)
	w.open(op.Name+"Response", s.XMLNamespace)
	if op.ResultWrapper != "" {
		w.open(op.ResultWrapper, "")
	}
	w.members(op.output, reflect.ValueOf(out).Elem())
	if op.ResultWrapper != "" {
		w.close(op.ResultWrapper)
	}
	w.open("ResponseMetadata", "")
	w.leaf("RequestId", requestID)
	w.close("ResponseMetadata")
	w.close(op.Name + "Response")
	return answer(http.StatusOK, "text/xml", requestID, w.buf.Bytes()), nil
}

// EncodeError implements [Codec].
func (queryCodec) EncodeError(s *Service, e *aws.Error, requestID string) *Response {
	namespace := ""
	if s != nil {
		namespace = s.XMLNamespace
	}
	w := newXMLWriter(queryLocation)
	w.open("ErrorResponse", namespace)
	w.open("Error", "")
	w.leaf("Type", string(e.FaultOf()))
	w.leaf("Code", e.Code)
	w.leaf("Message", e.Message)
	w.close("Error")
	w.leaf("RequestId", requestID)
	w.close("ErrorResponse")
	return answer(e.HTTPStatus(), "text/xml", requestID, w.buf.Bytes())
}
