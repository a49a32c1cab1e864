package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws"
)

// queryDialect is what Query and EC2 Query do differently.
type queryDialect struct {
	// name is a structure's member on the wire.
	name func(*Member) string
	// wrapLists says that lists and maps stand below "member" and "entry"
	// unless flattened.
	wrapLists bool
	// strict refuses parameters that the model doesn't know.
	strict bool
	// malformed is the error for text that isn't of the shape's type.
	malformed func(path, text string, s *Shape) *aws.Error
}

// paramNode is a node of the tree that dotted parameter names span.
type paramNode struct {
	path     string
	value    *string
	children map[string]*paramNode
	used     bool
}

// maxParamDepth bounds the dots in a parameter's name; the deepest of any model
// has fewer than twenty.
const maxParamDepth = 32

// envelope are the parameters that belong to the protocol or the signature.
var envelope = map[string]bool{
	"Action": true, "Version": true, "AWSAccessKeyId": true, "Signature": true, "SignatureMethod": true,
	"SignatureVersion": true, "Timestamp": true, "Expires": true, "SecurityToken": true,
}

func (d *queryDialect) decode(op *Operation, r *http.Request, body []byte) (any, error) {
	params, err := formParams(r, body)
	if err != nil {
		return nil, err
	}
	root, err := paramTree(params)
	if err != nil {
		return nil, err
	}
	in := op.NewInput()
	if err := d.structure(op.input, root, reflect.ValueOf(in).Elem()); err != nil {
		return nil, err
	}
	if d.strict {
		if path := root.unused(); path != "" {
			return nil, aws.Errorf("UnknownParameter", "The parameter %s is not recognized", path)
		}
	}
	return in, nil
}

// formParams are the parameters of the query string and of a form body.
func formParams(r *http.Request, body []byte) (url.Values, error) {
	params := url.Values{}
	for _, text := range []string{r.URL.RawQuery, string(body)} {
		more, err := url.ParseQuery(text)
		if err != nil {
			return nil, &aws.Error{Code: "MalformedQueryString", Message: "The query string contains a syntax error.", Status: http.StatusNotFound}
		}
		for name, values := range more {
			params[name] = append(params[name], values...)
		}
	}
	return params, nil
}

// paramTree splits the names at their dots. Of a name given twice the first counts.
func paramTree(params url.Values) (*paramNode, error) {
	root := &paramNode{}
	for name, values := range params {
		if envelope[name] || strings.HasPrefix(name, "X-Amz-") {
			continue
		}
		if strings.Count(name, ".") >= maxParamDepth {
			return nil, aws.Errorf("UnknownParameter", "The parameter %.64s is not recognized", name)
		}
		node := root
		for part := range strings.SplitSeq(name, ".") {
			node = node.child(part)
		}
		node.value = &values[0]
	}
	return root, nil
}

func (n *paramNode) child(part string) *paramNode {
	if next, ok := n.children[part]; ok {
		return next
	}
	if n.children == nil {
		n.children = map[string]*paramNode{}
	}
	path := part
	if n.path != "" {
		path = n.path + "." + part
	}
	next := &paramNode{path: path}
	n.children[part] = next
	return next
}

// unused returns the first parameter, by name, that no member took.
func (n *paramNode) unused() string {
	if n.value != nil && !n.used {
		return n.path
	}
	for _, part := range sortedKeys(n.children) {
		if path := n.children[part].unused(); path != "" {
			return path
		}
	}
	return ""
}

func (d *queryDialect) structure(s *Shape, n *paramNode, v reflect.Value) error {
	for i := range s.Members {
		m := &s.Members[i]
		child := d.find(n, m)
		if child == nil {
			continue
		}
		if err := d.value(m, child, slot(v.Field(i))); err != nil {
			return err
		}
	}
	n.used = true
	return nil
}

// find returns a member's node. A flattened list stands under its element's
// name where Query gives it one.
func (d *queryDialect) find(n *paramNode, m *Member) *paramNode {
	name := d.name(m)
	if d.wrapLists && m.shape.Kind == List && flattened(m) && m.shape.Elem.LocationName != "" {
		name = m.shape.Elem.LocationName
	}
	return n.children[name]
}

func (d *queryDialect) value(m *Member, n *paramNode, v reflect.Value) error {
	s := m.shape
	if !scalar(s) && n.value != nil && *n.value != "" {
		return d.malformed(n.path, *n.value, s) // VpcId=vpc-1 for VpcId.1=vpc-1 must not mean every VPC
	}
	switch s.Kind {
	case Structure:
		return d.structure(s, n, v)
	case List:
		return d.list(m, n, v)
	case Map:
		return d.entries(m, n, v)
	}
	if n.value == nil {
		return d.malformed(n.path, "", s)
	}
	n.used = true
	if !parseScalar(s, *n.value, v) {
		return d.malformed(n.path, *n.value, s)
	}
	return nil
}

// list decodes elements in the order of their numbers, whatever numbers they
// are. "Name=" alone is the empty list.
func (d *queryDialect) list(m *Member, n *paramNode, v reflect.Value) error {
	n.used = true
	if d.wrapLists && !flattened(m) {
		n = n.below(m.shape.Elem.LocationName, "member")
	}
	items := n.numbered()
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := d.value(&m.shape.Elem, item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *queryDialect) entries(m *Member, n *paramNode, v reflect.Value) error {
	n.used = true
	if !flattened(m) {
		n = n.below("", "entry")
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, item := range n.numbered() {
		item.used = true
		key, value := item.below(m.shape.Key.LocationName, "key"), item.below(m.shape.Elem.LocationName, "value")
		if key.value == nil {
			continue
		}
		key.used = true
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(&m.shape.Elem, value, elem); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(*key.value), elem)
	}
	return nil
}

func flattened(m *Member) bool { return m.Flattened || m.shape.Flattened }

// below returns the child of the given name, or of the usual one; an empty
// node when there is none.
func (n *paramNode) below(name, usual string) *paramNode {
	if name == "" {
		name = usual
	}
	if child, ok := n.children[name]; ok {
		return child
	}
	return &paramNode{path: n.path + "." + name}
}

// numbered returns the children whose names are positive numbers, in order.
func (n *paramNode) numbered() []*paramNode {
	type item struct {
		number int
		node   *paramNode
	}
	var items []item
	for part, node := range n.children {
		if number, err := strconv.Atoi(part); err == nil && number > 0 {
			items = append(items, item{number, node})
		}
	}
	slices.SortFunc(items, func(a, b item) int {
		if a.number != b.number {
			return a.number - b.number
		}
		return strings.Compare(a.node.path, b.node.path) // 1 and 01
	})
	nodes := make([]*paramNode, len(items))
	for i, item := range items {
		nodes[i] = item.node
	}
	return nodes
}
