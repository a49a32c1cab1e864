package ecr

import (
	"bytes"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strings"

	"kaimon.dev/kaimon/internal/lazyregexp"
)

// actionPrefix begins the names of ECR's actions.
const actionPrefix = "ecr:"

// Policy is a repository policy as it is read (IAM User Guide, "Grammar of the
// IAM JSON policy language", without what ECR refuses and without conditions).
type Policy struct{ statements []statement }

// statement is one statement of a policy.
type statement struct {
	allow bool
	// everyone says that the principal is *, accounts are the others.
	everyone bool
	accounts []string
	// actions may have * and ?; except says that they are NotAction.
	actions []string
	except  bool
}

// verdict is what a policy says of a request.
type verdict int

const (
	silent verdict = iota
	allows
	denies
)

var actionPattern = lazyregexp.New(`^(?:\*|ecr:[A-Za-z*?]+)$`)

var accountPattern = lazyregexp.New(`^(?:arn:aws[a-z-]*:iam::([0-9]{12}):root|([0-9]{12}))$`)

// texts is a string or a list of strings.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte(`"`)) {
		var one string
		err := json.Unmarshal(raw, &one)
		*t = texts{one}
		return err
	}
	return json.Unmarshal(raw, (*[]string)(t))
}

// written is a statement as it is written.
type written struct {
	Sid, Effect                                    string
	Principal                                      json.RawMessage
	Action, NotAction                              texts
	Condition, NotPrincipal, Resource, NotResource json.RawMessage
}

// ParsePolicy reads the text of a repository policy and says what is wrong with it.
func ParsePolicy(text string) (*Policy, error) {
	var doc struct {
		Version, Id string
		Statement   json.RawMessage
	}
	if err := strict([]byte(text), &doc); err != nil || len(doc.Statement) == 0 {
		return nil, errPolicy(badPolicy)
	}
	if doc.Version != "" && doc.Version != "2012-10-17" && doc.Version != "2008-10-17" {
		return nil, errPolicy(badPolicy)
	}
	list := []written{{}}
	var err error
	if doc.Statement[0] == '[' {
		err = strict(doc.Statement, &list)
	} else {
		err = strict(doc.Statement, &list[0])
	}
	if err != nil || len(list) == 0 {
		return nil, errPolicy(badPolicy)
	}
	out := &Policy{}
	for _, w := range list {
		s, err := w.read()
		if err != nil {
			return nil, err
		}
		out.statements = append(out.statements, s)
	}
	return out, nil
}

// strict decodes one JSON value without members that out doesn't know.
func strict(raw []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// badPolicy is all that ECR says of most policies that it refuses.
const badPolicy = "Invalid repository policy provided"

func (w *written) read() (s statement, err error) {
	switch {
	case w.Condition != nil:
		return s, errPolicy("Condition is not supported by Kaimon")
	case w.NotPrincipal != nil:
		return s, errPolicy("NotPrincipal is not supported by Kaimon")
	case w.Resource != nil || w.NotResource != nil, w.Effect != "Allow" && w.Effect != "Deny", (len(w.Action) > 0) == (len(w.NotAction) > 0):
		return s, errPolicy(badPolicy)
	}
	s.allow, s.actions, s.except = w.Effect == "Allow", slices.Concat(w.Action, w.NotAction), len(w.NotAction) > 0
	for i, a := range s.actions {
		if !actionPattern.MatchString(a) {
			return s, errPolicy(badPolicy)
		}
		s.actions[i] = strings.ToLower(a)
	}
	return s, s.readPrincipal(w.Principal)
}

// readPrincipal takes "*" or an object of principals by their kind.
func (s *statement) readPrincipal(raw json.RawMessage) error {
	var star string
	if json.Unmarshal(raw, &star) == nil && star == "*" {
		s.everyone = true
		return nil
	}
	var kinds struct{ AWS, Service texts }
	if len(raw) == 0 || strict(raw, &kinds) != nil || len(kinds.AWS)+len(kinds.Service) == 0 {
		return errPolicy(badPolicy)
	}
	for _, p := range kinds.AWS { // services don't call us
		m := accountPattern.FindStringSubmatch(p)
		switch {
		case p == "*":
			s.everyone = true
		case m != nil:
			s.accounts = append(s.accounts, m[1]+m[2])
		case strings.HasPrefix(p, "arn:"):
			return errPolicy("Principal not found") // nobody but roots exists
		default:
			return errPolicy(badPolicy)
		}
	}
	return nil
}

// decide says what the policy makes of an action: a denial wins.
func (p *Policy) decide(who Principal, action string) verdict {
	out := silent
	for _, s := range p.statements {
		switch {
		case !s.everyone && !slices.Contains(s.accounts, who.Account) || s.names(action) == s.except:
		case !s.allow:
			return denies
		default:
			out = allows
		}
	}
	return out
}

// names says whether one of the statement's patterns matches an action.
func (s *statement) names(action string) bool {
	action = strings.ToLower(action)
	return slices.ContainsFunc(s.actions, func(pattern string) bool {
		ok, err := path.Match(pattern, action)
		return ok && err == nil
	})
}

func errPolicy(text string) error {
	return ErrInvalidParameter("Invalid parameter at 'PolicyText' failed to satisfy constraint: '%s'", text)
}
