package elbv2

// Fields that conditions look at.
const (
	HostHeader    = "host-header"
	PathPattern   = "path-pattern"
	HTTPHeader    = "http-header"
	RequestMethod = "http-request-method"
	QueryString   = "query-string"
	SourceIP      = "source-ip"
)

// Condition is what a request has to fit: any of the values (ELBv2 API
// Reference, RuleCondition).
type Condition struct {
	Field string
	// Values are patterns (* and ?) of hosts, paths or a header's values;
	// methods; or CIDR blocks.
	Values []string
	// Header is the name that HTTPHeader looks at.
	Header string
	// Pairs are of QueryString.
	Pairs []Pair
}

// Pair is a parameter of the query string; Key "" fits any key.
type Pair struct{ Key, Value string }
