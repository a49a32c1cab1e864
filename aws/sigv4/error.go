package sigv4

import "fmt"

// Kind says in which way a signature was refused. How a kind is called on the
// wire depends on the protocol, which is not this package's concern.
type Kind string

const (
	// Missing: the request carries no Signature Version 4 at all.
	Missing Kind = "missing"
	// Incomplete: the signature lacks a part or a part cannot be read.
	Incomplete Kind = "incomplete"
	// Scope: the credential scope does not fit the request.
	Scope Kind = "scope"
	// Mismatch: another signature was calculated from the request and the secret.
	Mismatch Kind = "mismatch"
	// Expired: the request is older than the clock skew or its X-Amz-Expires allows.
	Expired Kind = "expired"
	// NotYetCurrent: the request is dated further ahead than the clock skew allows.
	NotYetCurrent Kind = "not yet current"
	// InvalidToken: the key is unknown or the session token is not the key's.
	InvalidToken Kind = "invalid token"
	// ExpiredToken: the key is a temporary one whose time is over.
	ExpiredToken Kind = "expired token"
	// PayloadMismatch: the body is not the one that x-amz-content-sha256 announces.
	PayloadMismatch Kind = "payload mismatch"
	// BadChunk: an aws-chunked body cannot be read.
	BadChunk Kind = "bad chunk"
	// UnsignedHeader: an x-amz- header of an S3 request is left out of the signature.
	UnsignedHeader Kind = "unsigned header"
)

// Error is a refusal. Message is in AWS's words where they are known.
type Error struct {
	Kind    Kind
	Message string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("signature %s: %s", e.Kind, e.Message) }

func refuse(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// UnknownKey is the refusal of a request whose access key does not exist; the
// one who looks keys up returns it.
func UnknownKey() *Error {
	return refuse(InvalidToken, "The security token included in the request is invalid.")
}

// WrongService is the refusal of a request that was signed for another service
// than the one it addresses.
func WrongService(want string) *Error {
	return refuse(Scope, "Credential should be scoped to correct service: '%s'. ", want)
}

func mismatch() *Error {
	return refuse(Mismatch, "The request signature we calculated does not match the signature you provided. "+
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}
