package wire

import (
	"fmt"
	"reflect"
	"strings"
)

// rule is the kind of constraint that a value breaks.
type rule uint8

const (
	ruleRequired rule = iota
	ruleEnum
	ruleLength
	ruleRange
	rulePattern
)

// violation is one broken constraint.
type violation struct {
	rule rule
	// path is where, in AWS's form: tags.1.member.key. param is the same in the
	// parameter names of EC2: Tag.1.Key.
	path  string
	param string
	// shape is what the value ought to be. value is the offending text, whole;
	// item is the one element or entry of it; absent says that there was none.
	shape  *Shape
	value  string
	item   string
	absent bool
	// constraint is AWS's sentence: "Member must not be null".
	constraint string
}

// maxViolations bounds what one answer reports.
const maxViolations = 32

// Validate checks a decoded input against the model's constraints: required,
// length, range, pattern and enum. Its error is an *aws.Error in the service's
// style, nil when the input fits.
func (s *Service) Validate(op *Operation, in any) error {
	v := &validator{}
	v.structure(op.input, reflect.ValueOf(in).Elem(), "", "")
	if len(v.found) == 0 {
		return nil
	}
	return s.Style.error(op, v.found)
}

type validator struct{ found []violation }

func (v *validator) add(found ...violation) {
	if len(v.found) < maxViolations {
		v.found = append(v.found, found...)
	}
}

func (v *validator) structure(s *Shape, value reflect.Value, path, param string) {
	for i := range s.Members {
		m := &s.Members[i]
		field := value.Field(i)
		at, in := join(path, m.Name), join(param, ec2Names.name(m))
		if field.IsNil() {
			if m.Required {
				v.add(violation{rule: ruleRequired, path: at, param: in, shape: m.shape, absent: true, constraint: "Member must not be null"})
			}
			continue
		}
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		v.value(m.shape, field, at, in)
	}
}

func (v *validator) value(s *Shape, value reflect.Value, path, param string) {
	for i := range s.constraints {
		c := &s.constraints[i]
		if !c.holds(value) {
			text := render(s, value)
			v.add(violation{rule: c.rule, path: path, param: param, shape: s, value: text, item: text, constraint: c.text})
		}
	}
	switch s.Kind {
	case Structure:
		v.structure(s, value, path, param)
	case List:
		v.list(s, value, path, param)
	case Map:
		v.entries(s, value, path, param)
	}
}

// list checks elements. The failure of a scalar is the list's, and the first
// one's: "Member must satisfy constraint: [Member must have length …]".
func (v *validator) list(s *Shape, value reflect.Value, path, param string) {
	elem := s.Elem.shape
	for i := range value.Len() {
		item, in := value.Index(i), fmt.Sprintf("%s.%d", param, i+1)
		if !scalar(elem) {
			v.value(elem, item, fmt.Sprintf("%s.%d.member", path, i+1), in)
		} else if c := firstBroken(elem, item); c != nil {
			v.add(violation{
				rule: c.rule, path: path, param: in, shape: elem, value: render(s, value), item: render(elem, item),
				constraint: "Member must satisfy constraint: [" + sentences(elem) + "]",
			})
			return
		}
	}
}

func (v *validator) entries(s *Shape, value reflect.Value, path, param string) {
	for _, key := range sortedMapKeys(value) {
		item := value.MapIndex(key)
		at := path + "." + key.String()
		if c := firstBroken(s.Key.shape, key); c != nil {
			v.add(violation{
				rule: c.rule, path: path, param: param, shape: s.Key.shape, value: render(s, value), item: key.String(),
				constraint: "Map keys must satisfy constraint: [" + sentences(s.Key.shape) + "]",
			})
			return
		}
		if !scalar(s.Elem.shape) {
			v.value(s.Elem.shape, item, at+".member", param)
		} else if c := firstBroken(s.Elem.shape, item); c != nil {
			v.add(violation{
				rule: c.rule, path: at, param: param, shape: s.Elem.shape, value: render(s, value), item: render(s.Elem.shape, item),
				constraint: "Map value must satisfy constraint: [" + sentences(s.Elem.shape) + "]",
			})
			return
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func scalar(s *Shape) bool { return s.Kind != Structure && s.Kind != List && s.Kind != Map }

// render is a value as AWS quotes it.
func render(s *Shape, value reflect.Value) string {
	switch s.Kind {
	case List:
		parts := make([]string, value.Len())
		for i := range parts {
			parts[i] = render(s.Elem.shape, value.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Map:
		var parts []string
		for _, key := range sortedMapKeys(value) {
			parts = append(parts, key.String()+"="+render(s.Elem.shape, value.MapIndex(key)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case Structure:
		var parts []string
		for i := range s.Members {
			if field := value.Field(i); !field.IsNil() {
				parts = append(parts, s.Members[i].Name+"="+render(s.Members[i].shape, reflect.Indirect(field)))
			}
		}
		return s.Name + "(" + strings.Join(parts, ", ") + ")"
	case Document:
		return fmt.Sprint(value.Interface())
	}
	return formatScalar(s, value, ProtocolTime)
}
