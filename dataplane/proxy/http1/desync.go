package http1

// Grade says how far a request strays from RFC 9112 (Elastic Load Balancing
// user guide, "Desync mitigation mode").
type Grade uint8

// The grades; a higher one is worse.
const (
	Compliant Grade = iota
	Acceptable
	Ambiguous
	Severe
)

// String returns the word of the access log.
func (g Grade) String() string {
	return [...]string{"Compliant", "Acceptable", "Ambiguous", "Severe"}[g]
}

// The reasons of a grade, in the access log's words (Elastic Load Balancing user
// guide, "Classification reasons").
const (
	AmbiguousURI           = "AmbiguousUri"
	BadContentLength       = "BadContentLength"
	BadHeader              = "BadHeader"
	BadTransferEncoding    = "BadTransferEncoding"
	BadURI                 = "BadUri"
	BadMethod              = "BadMethod"
	BadVersion             = "BadVersion"
	BothTeClPresent        = "BothTeClPresent"
	DuplicateContentLength = "DuplicateContentLength"
	EmptyHeader            = "EmptyHeader"
	GetHeadZeroLength      = "GetHeadZeroContentLength"
	MultipleContentLength  = "MultipleContentLength"
	MultipleTE             = "MultipleTransferEncodingChunked"
	NonCompliantHeader     = "NonCompliantHeader"
	SuspiciousTeCl         = "SuspiciousTeClPresent"
	UndefinedLength        = "UndefinedContentLengthSemantics"
	UndefinedTE            = "UndefinedTransferEncodingSemantics"
)

// SyntaxError is a message that can't be served, and the status that says so.
type SyntaxError struct {
	Status int
	Reason string // a reason above, or what is wrong
}

// Error implements error.
func (e *SyntaxError) Error() string { return "malformed message: " + e.Reason }

// bad is a request of grade Severe.
func bad(reason string) error { return &SyntaxError{Status: 400, Reason: reason} }

// raise worsens the request's grade.
func (r *Request) raise(g Grade, reason string) {
	if g > r.Grade {
		r.Grade, r.Reason = g, reason
	}
}
