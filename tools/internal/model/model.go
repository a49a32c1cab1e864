package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Model is a service's model.
type Model struct {
	// Source says where the model came from, such as "botocore 1.43.11".
	Source     string                `json:"source,omitempty"`
	Metadata   Metadata              `json:"metadata"`
	Operations map[string]*Operation `json:"operations"`
	Shapes     map[string]*Shape     `json:"shapes"`
}

// Metadata is what a model says of its service and protocols.
type Metadata struct {
	APIVersion     string          `json:"apiVersion"`
	EndpointPrefix string          `json:"endpointPrefix"`
	JSONVersion    string          `json:"jsonVersion,omitempty"`
	Protocol       string          `json:"protocol"`
	Protocols      []string        `json:"protocols"`
	ServiceID      string          `json:"serviceId"`
	SigningName    string          `json:"signingName,omitempty"`
	TargetPrefix   string          `json:"targetPrefix,omitempty"`
	XMLNamespace   string          `json:"xmlNamespace,omitempty"`
	QueryCompat    json.RawMessage `json:"awsQueryCompatible,omitempty"`
}

// Operation is one operation of the service.
type Operation struct {
	HTTP   HTTP  `json:"http"`
	Input  *Ref  `json:"input,omitempty"`
	Output *Ref  `json:"output,omitempty"`
	Errors []Ref `json:"errors,omitempty"`
}

// HTTP is an operation's HTTP binding.
type HTTP struct {
	Method       string `json:"method"`
	RequestURI   string `json:"requestUri"`
	ResponseCode int    `json:"responseCode,omitempty"`
}

// Ref names a shape and says how it appears at this place.
type Ref struct {
	Shape           string          `json:"shape"`
	LocationName    string          `json:"locationName,omitempty"`
	QueryName       string          `json:"queryName,omitempty"`
	Location        string          `json:"location,omitempty"`
	ResultWrapper   string          `json:"resultWrapper,omitempty"`
	Flattened       bool            `json:"flattened,omitempty"`
	XMLAttribute    bool            `json:"xmlAttribute,omitempty"`
	Streaming       bool            `json:"streaming,omitempty"`
	JSONValue       bool            `json:"jsonvalue,omitempty"`
	TimestampFormat string          `json:"timestampFormat,omitempty"`
	XMLNamespace    json.RawMessage `json:"xmlNamespace,omitempty"`
}

// Shape is a type with its constraints.
type Shape struct {
	Type            string       `json:"type"`
	Members         Members      `json:"members,omitempty"`
	Required        []string     `json:"required,omitempty"`
	Member          *Ref         `json:"member,omitempty"`
	Key             *Ref         `json:"key,omitempty"`
	Value           *Ref         `json:"value,omitempty"`
	Enum            []string     `json:"enum,omitempty"`
	Min             *json.Number `json:"min,omitempty"`
	Max             *json.Number `json:"max,omitempty"`
	Pattern         string       `json:"pattern,omitempty"`
	LocationName    string       `json:"locationName,omitempty"`
	Flattened       bool         `json:"flattened,omitempty"`
	TimestampFormat string       `json:"timestampFormat,omitempty"`
	Payload         string       `json:"payload,omitempty"`
	Streaming       bool         `json:"streaming,omitempty"`
	Document        bool         `json:"document,omitempty"`
	Union           bool         `json:"union,omitempty"`
	EventStream     bool         `json:"eventstream,omitempty"`
	Sensitive       bool         `json:"sensitive,omitempty"`
	Exception       bool         `json:"exception,omitempty"`
	Fault           bool         `json:"fault,omitempty"`
	Error           *ErrorTrait  `json:"error,omitempty"`
}

// ErrorTrait is an exception's code and status on the wire.
type ErrorTrait struct {
	Code           string `json:"code,omitempty"`
	HTTPStatusCode int    `json:"httpStatusCode,omitempty"`
	SenderFault    bool   `json:"senderFault,omitempty"`
}

// Member is a structure's member.
type Member struct {
	Name string
	Ref
}

// Members are a structure's members in the model's order, a JSON object on disk.
type Members []Member

// UnmarshalJSON reads the object without losing its order.
func (m *Members) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return fmt.Errorf("members: want an object, have %v (%v)", tok, err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		member := Member{Name: name.(string)}
		if err := dec.Decode(&member.Ref); err != nil {
			return fmt.Errorf("member %s: %w", member.Name, err)
		}
		*m = append(*m, member)
	}
	return nil
}

// MarshalJSON writes the object in order.
func (m Members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, member := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(member.Name)
		if err != nil {
			return nil, err
		}
		ref, err := json.Marshal(member.Ref)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(ref)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Parse reads a model, trimmed or not.
func Parse(b []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, err
	}
	return m, nil
}

// Load reads a trimmed model from a file.
func Load(path string) (*Model, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
