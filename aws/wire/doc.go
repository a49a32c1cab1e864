// Package wire speaks AWS's wire protocols. A service is described by a static
// table of shapes, generated from AWS's models into services/<svc>/<svc>api by
// tools/genwire; the codecs here walk that table and the plain Go structs beside
// it. The protocol is a property of the request, not of the service: each
// protocol is one [Codec].
//
// The gateway's way through the package: [Detect] tells protocol and operation,
// [Directory.Find] finds descriptor and codec, [Codec.Decode] makes the input,
// [Service.Validate] checks the model's constraints, [Operation.Call] runs the
// handler, [Codec.Encode] or [Codec.EncodeError] makes the answer.
package wire
