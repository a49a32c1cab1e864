package wire

import (
	"net/http"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"kaimon.dev/kaimon/aws"
)

// ec2Codec speaks EC2 Query (Smithy, "AWS EC2 query protocol"): Query with
// names of its own, every list flattened, and another answer around it.
type ec2Codec struct{}

// ec2Names are EC2's names: the query name, else the XML name capitalised.
var ec2Names = queryDialect{
	name: func(m *Member) string {
		switch {
		case m.QueryName != "":
			return m.QueryName
		case m.LocationName != "":
			return capitalised(m.LocationName)
		}
		return capitalised(m.Name)
	},
	strict: true,
	malformed: func(path, text string, s *Shape) *aws.Error {
		return aws.Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Expecting a value of type %s.", text, path, kindNames[s.Kind])
	},
}

// Decode implements [Codec]. A parameter that the model doesn't know is an
// UnknownParameter, as on EC2.
func (ec2Codec) Decode(_ *Service, op *Operation, r *http.Request, body []byte) (any, error) {
	return ec2Names.decode(op, r, body)
}

// Encode implements [Codec]. Operations without an answer say <return>true</return>.
func (ec2Codec) Encode(s *Service, op *Operation, out any, requestID string) (*Response, error) {
	w := newXMLWriter(queryLocation)
	w.open(op.Name+"Response", ec2Namespace(s))
	w.leaf("requestId", requestID)
	if len(op.output.Members) == 0 {
		w.leaf("return", "true")
	}
	w.members(op.output, reflect.ValueOf(out).Elem())
	w.close(op.Name + "Response")
	return answer(http.StatusOK, "text/xml;charset=UTF-8", requestID, w.buf.Bytes()), nil
}

// EncodeError implements [Codec].
func (ec2Codec) EncodeError(_ *Service, e *aws.Error, requestID string) *Response {
	w := newXMLWriter(queryLocation)
	w.open("Response", "")
	w.open("Errors", "")
	w.open("Error", "")
	w.leaf("Code", e.Code)
	w.leaf("Message", e.Message)
	w.close("Error")
	w.close("Errors")
	w.leaf("RequestID", requestID)
	w.close("Response")
	return answer(e.HTTPStatus(), "text/xml;charset=UTF-8", requestID, w.buf.Bytes())
}

// ec2Namespace ends in a slash on the wire, though not in the model.
func ec2Namespace(s *Service) string { return strings.TrimSuffix(s.XMLNamespace, "/") + "/" }

func capitalised(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

func uncapitalised(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}
