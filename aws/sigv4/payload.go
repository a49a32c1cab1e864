package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// What x-amz-content-sha256 may hold instead of a hash (Amazon S3 API
// Reference, "Signature Calculations for the Authorization Header").
const (
	unsignedPayload      = "UNSIGNED-PAYLOAD"
	streamingUnsigned    = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	streamingSigned      = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamingSignedTrail = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

const (
	contentSHA256        = "X-Amz-Content-Sha256"
	decodedContentLength = "X-Amz-Decoded-Content-Length"
)

// rules is where services differ in how they are signed.
type rules struct {
	// objectStore: the path is encoded once, bodies may be unsigned or chunked,
	// and every x-amz- header must be signed.
	objectStore bool
}

func rulesFor(service string) rules {
	switch service {
	case "s3", "s3express", "s3-outposts", "s3-object-lambda":
		return rules{objectStore: true}
	}
	return rules{}
}

// payloadHash returns what stands for the body in the canonical request. For a
// service that isn't an object store this is always the body's own hash.
func (s *Signature) payloadHash(r *http.Request, rules rules, body []byte) (string, error) {
	declared := r.Header.Get(contentSHA256)
	if declared == "" && s.Presigned {
		declared = s.query.Get(contentSHA256)
	}
	if rules.objectStore {
		switch declared {
		case unsignedPayload, streamingUnsigned, streamingSigned, streamingSignedTrail:
			return declared, nil
		case "":
			if s.Presigned {
				return unsignedPayload, nil
			}
			return "", refuse(Incomplete, "Missing required header for this request: x-amz-content-sha256")
		}
	}
	actual := hexHash(body)
	if declared != "" && subtle.ConstantTimeCompare([]byte(declared), []byte(actual)) != 1 {
		return "", refuse(PayloadMismatch, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return actual, nil
}

// unsignedHeader returns the first x-amz- header that the signature leaves out.
func (s *Signature) unsignedHeader(h http.Header) string {
	for name := range h {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !s.signs(lower) {
			return lower
		}
	}
	return ""
}

func (s *Signature) signs(lower string) bool {
	for _, h := range s.SignedHeaders {
		if strings.EqualFold(h, lower) {
			return true
		}
	}
	return false
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
