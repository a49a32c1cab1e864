package wire

// Protocol is one of AWS's wire protocols.
type Protocol string

// The protocols. RESTJSON, RESTXML and RPCv2 are known by name and have no
// codec yet.
const (
	JSON10   Protocol = "json-1.0"
	JSON11   Protocol = "json-1.1"
	Query    Protocol = "query"
	EC2Query Protocol = "ec2"
	RESTJSON Protocol = "rest-json"
	RESTXML  Protocol = "rest-xml"
	RPCv2    Protocol = "smithy-rpc-v2-cbor"
)
