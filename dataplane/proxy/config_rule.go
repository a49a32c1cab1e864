package proxy

import "net/netip"

// Rule sends requests that meet all its conditions to its action.
type Rule struct {
	ID         string // its ARN
	Priority   int
	Conditions []Condition
	Action     Action
}

// The fields that conditions look at.
const (
	HostHeader  = "host-header"
	PathPattern = "path-pattern"
	HTTPHeader  = "http-header"
	Method      = "http-request-method"
	QueryString = "query-string"
	SourceIP    = "source-ip"
)

// Condition holds when any of its values matches. Values may hold the wildcards
// * (any characters) and ? (one character), apart from methods and CIDRs.
type Condition struct {
	Field   string
	Header  string         // HTTPHeader: which, in any case
	Values  []string       // HostHeader and HTTPHeader in any case, PathPattern and Method exact
	Queries []QueryPair    // QueryString: any case
	CIDRs   []netip.Prefix // SourceIP: of the peer, X-Forwarded-For doesn't count
}

// QueryPair matches one key=value of a query string; an empty Key matches any key.
type QueryPair struct {
	Key   string
	Value string
}

// Action is what happens to a request; exactly one field is set.
type Action struct {
	Forward  *Forward
	Redirect *Redirect
	Fixed    *FixedResponse
}

// Forward sends to one of several target groups in proportion to their weights.
type Forward struct {
	Groups        []WeightedGroup
	StickySeconds int // a client stays with its group that long; 0 for off
}

// WeightedGroup is a target group and its weight, 0 to 999.
type WeightedGroup struct {
	Group  string // TargetGroup.ID
	Weight int
}

// Redirect answers with a Location. Empty fields mean "#{protocol}",
// "#{host}", "#{port}", "/#{path}" and "#{query}", which may also occur inside.
type Redirect struct {
	Status   int // 301 or 302
	Protocol string
	Host     string
	Port     string
	Path     string
	Query    string // without the question mark
}

// FixedResponse answers by itself.
type FixedResponse struct {
	Status      int
	ContentType string
	Body        string
}
