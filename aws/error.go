package aws

import (
	"errors"
	"fmt"
)

// Fault says who is to blame for an error, in the words of the Query protocol.
type Fault string

const (
	// Sender is the caller's fault; the status is 4xx.
	Sender Fault = "Sender"
	// Receiver is the server's fault; the status is 5xx.
	Receiver Fault = "Receiver"
)

// Error is an AWS error: what a handler returns and the gateway renders in the
// protocol of the request. Every error that is not an *Error becomes the
// service's internal error, and its text goes to the log alone.
type Error struct {
	// Code is the code that SDKs match on, such as "ClusterNotFoundException".
	Code string
	// Message is the text for people, in AWS's words where they are known.
	Message string
	// Status is the HTTP status; 0 means 400 for Sender and 500 for Receiver.
	Status int
	// Fault is Sender unless set.
	Fault Fault
	// Fields are further members of the error's shape, by wire name; JSON protocols only.
	Fields map[string]any
}

// Errorf returns a client error (status 400) with the code and formatted message.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HTTPStatus returns the status to answer with.
func (e *Error) HTTPStatus() int {
	switch {
	case e.Status != 0:
		return e.Status
	case e.Fault == Receiver:
		return 500
	}
	return 400
}

// FaultOf returns the fault, Sender when unset.
func (e *Error) FaultOf() Fault {
	if e.Fault == "" {
		return Sender
	}
	return e.Fault
}

// AsError finds the AWS error in err's chain.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is makes errors.Is match AWS errors by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}
