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
	v.structure(op.input, reflect.ValueOf(in).Elem())
	if len(v.found) == 0 {
		return nil
	}
	return s.Style.error(op, v.found)
}

// validator walks an input. It only says where it is when something is wrong.
type validator struct {
	found []violation
	trail []step
}

// step is one step into a value: to a structure's member, a list's element
// (counted from 1) or a map's entry.
type step struct {
	member *Member
	index  int
	key    string
}

// into walks a step further, back returns.
func (v *validator) into(s step) { v.trail = append(v.trail, s) }

func (v *validator) back() { v.trail = v.trail[:len(v.trail)-1] }

// path is where the walk is, in AWS's form.
func (v *validator) path() string {
	path := ""
	for _, s := range v.trail {
		switch {
		case s.member != nil:
			path = join(path, s.member.Name)
		case s.index > 0:
			path = fmt.Sprintf("%s.%d.member", path, s.index)
		default:
			path += "." + s.key + ".member"
		}
	}
	return path
}

// param is the same in the parameter names of EC2.
func (v *validator) param() string {
	param := ""
	for _, s := range v.trail {
		if s.member != nil {
			param = join(param, ec2Names.name(s.member))
		} else if s.index > 0 {
			param = fmt.Sprintf("%s.%d", param, s.index)
		}
	}
	return param
}

func (v *validator) add(found violation) {
	if len(v.found) < maxViolations {
		v.found = append(v.found, found)
	}
}

func (v *validator) structure(s *Shape, value reflect.Value) {
	for i := range s.Members {
		m := &s.Members[i]
		field := value.Field(i)
		if field.IsNil() {
			if m.Required {
				v.into(step{member: m})
				v.add(violation{rule: ruleRequired, path: v.path(), param: v.param(), shape: m.shape, absent: true, constraint: "Member must not be null"})
				v.back()
			}
			continue
		}
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		v.into(step{member: m})
		v.value(m.shape, field)
		v.back()
	}
}

func (v *validator) value(s *Shape, value reflect.Value) {
	for i := range s.constraints {
		c := &s.constraints[i]
		if !c.holds(value) {
			text := render(s, value)
			v.add(violation{rule: c.rule, path: v.path(), param: v.param(), shape: s, value: text, item: text, constraint: c.text})
		}
	}
	switch s.Kind {
	case Structure:
		v.structure(s, value)
	case List:
		v.list(s, value)
	case Map:
		v.entries(s, value)
	}
}

// list checks elements. The failure of a scalar is the list's, and the first
// one's: "Member must satisfy constraint: [Member must have length …]".
func (v *validator) list(s *Shape, value reflect.Value) {
	elem := s.Elem.shape
	for i := range value.Len() {
		item := value.Index(i)
		if !scalar(elem) {
			v.into(step{index: i + 1})
			v.value(elem, item)
			v.back()
		} else if c := firstBroken(elem, item); c != nil {
			v.add(violation{
				rule: c.rule, path: v.path(), param: fmt.Sprintf("%s.%d", v.param(), i+1), shape: elem,
				value: render(s, value), item: render(elem, item),
				constraint: "Member must satisfy constraint: [" + sentences(elem) + "]",
			})
			return
		}
	}
}

func (v *validator) entries(s *Shape, value reflect.Value) {
	for _, key := range sortedMapKeys(value) {
		item := value.MapIndex(key)
		if c := firstBroken(s.Key.shape, key); c != nil {
			v.add(violation{
				rule: c.rule, path: v.path(), param: v.param(), shape: s.Key.shape, value: render(s, value), item: key.String(),
				constraint: "Map keys must satisfy constraint: [" + sentences(s.Key.shape) + "]",
			})
			return
		}
		if !scalar(s.Elem.shape) {
			v.into(step{key: key.String()})
			v.value(s.Elem.shape, item)
			v.back()
		} else if c := firstBroken(s.Elem.shape, item); c != nil {
			v.add(violation{
				rule: c.rule, path: v.path() + "." + key.String(), param: v.param(), shape: s.Elem.shape,
				value: render(s, value), item: render(s.Elem.shape, item),
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
