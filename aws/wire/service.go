package wire

import (
	"context"
	"fmt"
	"reflect"

	"kaimon.dev/kaimon/aws"
)

// Service describes a service: its place on the wire, its operations, its shapes.
type Service struct {
	// Name is the short name: the folder under services.
	Name string
	// ServiceID is the SDKs' name, such as "Elastic Load Balancing v2".
	ServiceID string
	// SigningName is the service of the credential scope.
	SigningName string
	// EndpointPrefix is the first label of the service's host name.
	EndpointPrefix string
	// APIVersion is the version of a Query request, such as "2016-11-15".
	APIVersion string
	// TargetPrefix is what stands before the dot of X-Amz-Target, "" without JSON.
	TargetPrefix string
	// XMLNamespace is the namespace of XML answers, "" for none.
	XMLNamespace string
	// Protocols are those that the service speaks, its own first.
	Protocols []Protocol
	// Style is how broken constraints are reported.
	Style Style
	// Operations are those listed in aws/wire/models.
	Operations []Operation
	// Errors are those that the listed operations may answer.
	Errors []ErrorShape

	byName map[string]*Operation
}

// Operation describes one operation and binds it to its handler.
type Operation struct {
	// Name is the model's name, such as "RunTask".
	Name string
	// ResultWrapper is the element around a Query answer's members, "" for none.
	ResultWrapper string
	// Method and Path are the HTTP binding, for the REST protocols.
	Method, Path string
	// NewInput returns a pointer to an empty input struct.
	NewInput func() any
	// Call runs the handler with what NewInput made; its answer is a pointer to
	// the output struct, never nil without an error.
	Call func(ctx context.Context, in any) (any, error)

	input  *Shape
	output *Shape
}

// ErrorShape is an error that the model knows.
type ErrorShape struct {
	// Code is the code on the wire, Status the HTTP status that goes with it.
	Code   string
	Status int
	// Fault says whose fault it is.
	Fault aws.Fault
}

// Input returns the shape of the request; nil before [Link].
func (o *Operation) Input() *Shape { return o.input }

// Output returns the shape of the answer; nil before [Link].
func (o *Operation) Output() *Shape { return o.output }

// Streams says that the answer is an event stream: its handler's context ends
// when the client goes or the server stops.
func (o *Operation) Streams() bool { return o.output.streamOf() != nil }

// Op completes an operation with a handler's method.
func Op[I, O any](o Operation, call func(context.Context, *I) (*O, error)) Operation {
	o.NewInput = func() any { return new(I) }
	o.Call = func(ctx context.Context, in any) (any, error) {
		out, err := call(ctx, in.(*I))
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = new(O)
		}
		return out, nil
	}
	return o
}

// Link completes a service with its table of shapes. Each operation's shapes
// are named after it: RunTaskInput and RunTaskOutput. Link panics on a table
// that contradicts itself: the generator has checked it.
func Link(s Service, table []Shape) *Service {
	shapes := make(map[string]*Shape, len(table))
	for i := range table {
		shape := table[i]
		shape.Members = append([]Member(nil), shape.Members...)
		shape.constraints = constraintsOf(&shape)
		shapes[shape.Name] = &shape
	}
	find := func(name string) *Shape {
		shape, ok := shapes[name]
		if !ok {
			panic(fmt.Sprintf("wire: %s: no shape %q", s.Name, name))
		}
		return shape
	}
	for _, shape := range shapes {
		shape.link(find)
	}
	s.byName = make(map[string]*Operation, len(s.Operations))
	for i := range s.Operations {
		op := &s.Operations[i]
		op.input, op.output = find(op.Name+"Input"), find(op.Name+"Output")
		if n := reflect.TypeOf(op.NewInput()).Elem().NumField(); n != len(op.input.Members) {
			panic(fmt.Sprintf("wire: %s: %sInput has %d fields, its shape %d members", s.Name, op.Name, n, len(op.input.Members)))
		}
		s.byName[op.Name] = op
	}
	return &s
}

func (s *Shape) link(find func(string) *Shape) {
	switch s.Kind {
	case Structure, Stream:
		for i := range s.Members {
			s.Members[i].shape = find(s.Members[i].Target)
		}
	case Map:
		s.Key.shape, s.Elem.shape = find(s.Key.Target), find(s.Elem.Target)
	case List:
		s.Elem.shape = find(s.Elem.Target)
	}
}

// Operation returns the operation of that name.
func (s *Service) Operation(name string) (*Operation, bool) {
	op, ok := s.byName[name]
	return op, ok
}
