package wire

import (
	"mime"
	"net/http"
	"strings"
)

// Request is what a request says of itself before anything is looked up.
type Request struct {
	// Protocol is Query for EC2 Query too: only the service tells them apart.
	Protocol Protocol
	// Target is the service in the request's own words: what stands before the
	// dot of X-Amz-Target, or the service of an RPC v2 path. "" for Query.
	Target string
	// Operation is the operation's name, "" when the request lacks one.
	Operation string
	// Version is the API version of a Query request.
	Version string
}

// Detect finds protocol and operation from the headers, the path and, for
// Query, the form in the body. It returns false for a request in none of the
// protocols that it knows.
func Detect(r *http.Request, body []byte) (Request, bool) {
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		call := Request{Protocol: JSON11, Operation: target}
		if contentType == "application/x-amz-json-1.0" {
			call.Protocol = JSON10
		}
		if dot := strings.LastIndexByte(target, '.'); dot >= 0 {
			call.Target, call.Operation = target[:dot], target[dot+1:]
		}
		return call, true
	}
	if call, ok := detectRPC(r.URL.Path); ok {
		return call, true
	}
	if contentType == "application/x-www-form-urlencoded" || r.URL.Query().Get("Action") != "" {
		return detectQuery(r, body), true
	}
	switch contentType {
	case "application/x-amz-json-1.0":
		return Request{Protocol: JSON10}, true
	case "application/x-amz-json-1.1":
		return Request{Protocol: JSON11}, true
	}
	return Request{}, false
}

// detectRPC takes apart /service/<service>/operation/<operation> (Smithy, "RPC
// v2 CBOR protocol"). What stands before it is the endpoint's own.
func detectRPC(path string) (Request, bool) {
	parts := strings.Split(path, "/")
	if n := len(parts); n >= 5 && parts[n-4] == "service" && parts[n-2] == "operation" {
		return Request{Protocol: RPCv2, Target: parts[n-3], Operation: parts[n-1]}, true
	}
	return Request{}, false
}

func detectQuery(r *http.Request, body []byte) Request {
	call := Request{Protocol: Query}
	params, err := formParams(r, body)
	if err != nil {
		return call
	}
	call.Operation, call.Version = params.Get("Action"), params.Get("Version")
	return call
}
