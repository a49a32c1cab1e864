package wire

// Protocol is one of AWS's wire protocols.
type Protocol string

// The protocols, by their names in the models.
const (
	JSON10   Protocol = "json-1.0"
	JSON11   Protocol = "json-1.1"
	Query    Protocol = "query"
	EC2Query Protocol = "ec2"
	RESTJSON Protocol = "rest-json"
	RESTXML  Protocol = "rest-xml"
	RPCv2    Protocol = "smithy-rpc-v2-cbor"
)

// Style is how a service words broken constraints.
type Style uint8

const (
	// CoralStyle is the common form: ValidationException, "2 validation errors
	// detected: Value 'x' at 'path' failed to satisfy constraint: …".
	CoralStyle Style = iota
	// ECSStyle is the same text under InvalidParameterException.
	ECSStyle
	// QueryStyle is the common text under ValidationError, as the Query services say it.
	QueryStyle
	// EC2Style is MissingParameter and InvalidParameterValue, one parameter at a time.
	EC2Style
)
