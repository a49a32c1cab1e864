package wire

import (
	"slices"

	"kaimon.dev/kaimon/aws"
)

// Directory holds the services that a gateway serves.
type Directory struct {
	services []*Service
}

// NewDirectory returns a directory of the services.
func NewDirectory(services ...*Service) *Directory {
	return &Directory{services: services}
}

// Service finds the service that a request is for; false when none is served.
// signed is the service of the credential scope, "" for an unsigned request: it
// alone tells Query services apart, while the other protocols name the service
// themselves. An unsigned Query request goes by version and action.
func (d *Directory) Service(r Request, signed string) (*Service, bool) {
	i := slices.IndexFunc(d.services, func(s *Service) bool {
		switch {
		case r.Target != "":
			return s.TargetPrefix == r.Target
		case signed != "":
			return s.SigningName == signed
		}
		_, known := s.Operation(r.Operation)
		return known && s.APIVersion == r.Version
	})
	if i < 0 {
		return nil, false
	}
	return d.services[i], true
}

// Find finds service, operation and codec. On error it still returns the codec
// that the error is to be written with, and the service where it is known. An
// unknown operation is UnknownOperationException or InvalidAction, always 400:
// clients retry a 5xx for minutes.
func (d *Directory) Find(r Request, signed string) (*Service, *Operation, Codec, error) {
	service, ok := d.Service(r, signed)
	protocol := r.Protocol
	if ok && protocol == Query && slices.Contains(service.Protocols, EC2Query) {
		protocol = EC2Query
	}
	codec, spoken := CodecOf(protocol)
	switch {
	case !spoken:
		codec, _ = CodecOf(JSON10)
		return service, nil, codec, aws.Errorf("UnknownOperationException", "The protocol %s is not supported.", protocol)
	case !ok:
		return nil, nil, codec, unknownOperation(r, nil)
	case !service.speaks(protocol):
		return service, nil, codec, unknownOperation(r, service)
	}
	op, ok := service.Operation(r.Operation)
	if !ok || (r.Version != "" && r.Version != service.APIVersion) {
		return service, nil, codec, unknownOperation(r, service)
	}
	return service, op, codec, nil
}

// speaks tells whether the service takes the protocol; the versions of AWS JSON
// are one to it.
func (s *Service) speaks(p Protocol) bool {
	return slices.ContainsFunc(s.Protocols, func(own Protocol) bool {
		return own == p || (own == JSON10 && p == JSON11) || (own == JSON11 && p == JSON10)
	})
}

// unknownOperation words the refusal in the manner of the protocol.
func unknownOperation(r Request, s *Service) *aws.Error {
	if r.Protocol != Query {
		return aws.Errorf("UnknownOperationException", "The operation %s.%s is not known.", r.Target, r.Operation)
	}
	switch {
	case r.Operation == "":
		return aws.Errorf("MissingAction", "The request is missing an action or a required parameter.")
	case s != nil && s.Style == EC2Style:
		return aws.Errorf("InvalidAction", "The action %s is not valid for this web service.", r.Operation)
	}
	return aws.Errorf("InvalidAction", "Could not find operation %s for version %s", r.Operation, orElse(r.Version, "NO_VERSION_SPECIFIED"))
}
