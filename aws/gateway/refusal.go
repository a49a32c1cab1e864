package gateway

import (
	"errors"
	"net/http"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/sigv4"
	"kaimon.dev/kaimon/aws/wire"
)

// refusal is how a protocol calls one kind of refused signature.
type refusal struct {
	code   string
	status int
	// message replaces the text of sigv4; "" keeps it.
	message string
}

// The names that AWS gives to refused signatures: IAM User Guide and each
// service's "Common Errors", statuses as the services really send them (the
// JSON services say 400 where the page says 403).
var (
	jsonRefusals = map[sigv4.Kind]refusal{
		sigv4.Missing:      {"MissingAuthenticationTokenException", http.StatusBadRequest, "Missing Authentication Token"},
		sigv4.Incomplete:   {"IncompleteSignatureException", http.StatusBadRequest, ""},
		sigv4.InvalidToken: {"UnrecognizedClientException", http.StatusBadRequest, ""},
		sigv4.ExpiredToken: {"ExpiredTokenException", http.StatusBadRequest, ""},
		sigv4.Mismatch:     {"InvalidSignatureException", http.StatusBadRequest, ""},
	}
	queryRefusals = map[sigv4.Kind]refusal{
		sigv4.Missing:      {"MissingAuthenticationToken", http.StatusForbidden, ""},
		sigv4.Incomplete:   {"IncompleteSignature", http.StatusBadRequest, ""},
		sigv4.InvalidToken: {"InvalidClientTokenId", http.StatusForbidden, ""},
		sigv4.ExpiredToken: {"ExpiredToken", http.StatusForbidden, ""},
		sigv4.Mismatch:     {"SignatureDoesNotMatch", http.StatusForbidden, ""},
	}
	ec2Refusals = map[sigv4.Kind]refusal{
		sigv4.Missing:      {"MissingAuthenticationToken", http.StatusForbidden, ""},
		sigv4.Incomplete:   {"IncompleteSignature", http.StatusBadRequest, ""},
		sigv4.Expired:      {"RequestExpired", http.StatusBadRequest, "Request has expired."},
		sigv4.ExpiredToken: {"RequestExpired", http.StatusBadRequest, "Request has expired."},
		sigv4.Mismatch:     {"AuthFailure", http.StatusUnauthorized, "AWS was not able to validate the provided access credentials"},
	}
)

// refuse names a refused signature in the manner of the request's protocol. A
// kind that a protocol has no name for is a mismatch to it.
func refuse(err error, r wire.Request, s *wire.Service) error {
	var sig *sigv4.Error
	if !errors.As(err, &sig) {
		return err
	}
	names := jsonRefusals
	switch {
	case s != nil && slices.Contains(s.Protocols, wire.EC2Query):
		names = ec2Refusals
	case r.Protocol == wire.Query:
		names = queryRefusals
	}
	name, ok := names[sig.Kind]
	if !ok {
		name = names[sigv4.Mismatch]
	}
	if name.message == "" {
		name.message = sig.Message
	}
	return &aws.Error{Code: name.code, Status: name.status, Message: name.message}
}

// internalError is what the caller learns of an error that is the platform's.
func internalError(s *wire.Service) *aws.Error {
	e := &aws.Error{Code: "InternalFailure", Fault: aws.Receiver, Status: http.StatusInternalServerError,
		Message: "The request processing has failed because of an unknown error, exception or failure."}
	switch {
	case s == nil:
	case slices.Contains(s.Protocols, wire.EC2Query):
		e.Code, e.Message = "InternalError", "An internal error has occurred"
	case slices.ContainsFunc(s.Errors, func(shape wire.ErrorShape) bool { return shape.Code == "ServerException" }):
		e.Code, e.Message = "ServerException", "Service Unavailable. Please try again later."
	}
	return e
}
