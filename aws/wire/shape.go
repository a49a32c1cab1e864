package wire

import "math"

// Kind is the type of a shape.
type Kind uint8

// The kinds of shapes, and the Go types that stand for them (as a structure's
// member; list elements and map values are the same without the pointer).
const (
	Structure Kind = iota // *T
	List                  // []T, nil when absent
	Map                   // map[string]T, nil when absent
	String                // *string, enums too
	Integer               // *int32
	Long                  // *int64
	Float                 // *float64
	Double                // *float64
	Boolean               // *bool
	Blob                  // []byte, nil when absent
	Timestamp             // *time.Time
	Document              // any: what encoding/json makes of it
	Stream                // an EventStream, in answers only; Members are its events
)

// TimeFormat is how a timestamp is written.
type TimeFormat uint8

// The formats of Smithy's timestampFormat trait.
const (
	// ProtocolTime is the protocol's own: epoch seconds in JSON and CBOR, ISO 8601 in XML.
	ProtocolTime TimeFormat = iota
	ISO8601Time
	EpochTime
	HTTPTime
)

// Shape is a type of the model. A table of shapes is data; [Link] makes the
// copy that codecs walk.
type Shape struct {
	// Name is the model's name of the shape.
	Name string
	// Kind is its type.
	Kind Kind
	// Members are a structure's members. Member i is field i of the Go struct.
	Members []Member
	// Elem is a list's element or a map's value, Key a map's key.
	Elem Member
	Key  Member
	// Enum holds the values allowed, nil when all are.
	Enum []string
	// Bounds limit a string's or collection's length or a number's value; nil for none.
	Bounds *Bounds
	// Pattern is an RE2 expression that the whole string has to match, "" for none.
	Pattern string
	// Flattened says that a list or map has no wrapper in XML and Query.
	Flattened bool
	// Time is the format of a timestamp.
	Time TimeFormat

	constraints []constraint
}

// Member is a place where a shape appears: in a structure, list or map.
type Member struct {
	// Name is the model's name of a structure's member.
	Name string
	// Target is the shape's name in the table.
	Target string
	// LocationName and QueryName are the names in XML and Query where they
	// differ from Name, "" otherwise.
	LocationName string
	QueryName    string
	// Required says that the member has to be there.
	Required bool
	// Flattened is set where the place, not the shape, says so.
	Flattened bool
	// Time is the format of a timestamp where the place says so.
	Time TimeFormat
	// Attribute says that the member is an attribute of the XML element.
	Attribute bool
	// Location is the HTTP binding of the REST protocols: "uri", "querystring",
	// "header", "headers", "statusCode", "" for the body.
	Location string

	shape *Shape
}

// Shape returns the shape at this place; nil before [Link].
func (m *Member) Shape() *Shape { return m.shape }

// Bounds are the inclusive limits of a length or a value.
type Bounds struct{ Min, Max int64 }

// NoMin and NoMax stand for an absent limit.
const (
	NoMin = math.MinInt64
	NoMax = math.MaxInt64
)

// Ptr returns a pointer to v.
func Ptr[T any](v T) *T { return &v }

// Optional returns a pointer to v, and nil for the zero value: a member that
// isn't answered.
func Optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Val returns what p points to, or the zero value for nil.
func Val[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
