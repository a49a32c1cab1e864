package ecr

import (
	"encoding/json"
	"slices"
	"strings"
)

// The images that a lifecycle rule looks at, by their tags.
const (
	selectTagged   = "tagged"
	selectUntagged = "untagged"
	selectAny      = "any"
)

// The ways that a lifecycle rule counts.
const (
	countMoreThan    = "imageCountMoreThan"
	countSincePushed = "sinceImagePushed"
)

// maxTagWildcards is how many * a tag pattern of a rule may have (Amazon ECR
// User Guide, "Lifecycle policy properties").
const maxTagWildcards = 4

// LifecycleRule is a rule of a lifecycle policy: what expires.
type LifecycleRule struct {
	Priority    int
	Description string
	// TagStatus is tagged, untagged or any.
	TagStatus string
	// Prefixes or Patterns, which may have *, each match one of a tagged image's tags.
	Prefixes, Patterns []string
	// CountType is imageCountMoreThan or sinceImagePushed, Count the images to
	// keep or their greatest age in days.
	CountType string
	Count     int
}

// Lifecycle is a lifecycle policy as it is read; its rules are in the order of
// their priorities.
type Lifecycle struct{ Rules []LifecycleRule }

// ParseLifecycle reads the text of a lifecycle policy and says what is wrong
// with it, in the words of ECR's JSON schema.
func ParseLifecycle(text string) (*Lifecycle, error) {
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, errLifecycle("Could not map policyString into LifecyclePolicy.")
	}
	top, err := readObject(raw, []string{"rules"})
	if err != nil {
		return nil, err
	}
	list, err := readValue[[]json.RawMessage](top["rules"], "array")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errLifecycle("array is too short: must have at least 1 elements but instance has 0 elements")
	}
	out := &Lifecycle{}
	for _, raw := range list {
		rule, err := parseRule(raw)
		if err != nil {
			return nil, err
		}
		out.Rules = append(out.Rules, rule)
	}
	slices.SortStableFunc(out.Rules, func(a, b LifecycleRule) int { return a.Priority - b.Priority })
	return out, out.check()
}

func parseRule(raw json.RawMessage) (rule LifecycleRule, err error) {
	members, err := readObject(raw, []string{"action", "rulePriority", "selection"}, "description")
	if err != nil {
		return rule, err
	}
	if rule.Priority, err = readCount(members["rulePriority"]); err != nil {
		return rule, err
	}
	if d, ok := members["description"]; ok {
		if rule.Description, err = readValue[string](d, "string"); err != nil {
			return rule, err
		}
	}
	action, err := readObject(members["action"], []string{"type"}, "targetStorageClass")
	if err != nil {
		return rule, err
	}
	kind, err := readEnum(action["type"], "expire", "transition")
	if err != nil {
		return rule, err
	}
	if _, moves := action["targetStorageClass"]; moves || kind == "transition" {
		return rule, errLifecycle("images are not archived by Kaimon: action.type must be expire")
	}
	return rule, rule.parseSelection(members["selection"])
}

func (r *LifecycleRule) parseSelection(raw json.RawMessage) error {
	members, err := readObject(raw, []string{"countNumber", "countType", "tagStatus"}, "countUnit", "storageClass", "tagPatternList", "tagPrefixList")
	if err != nil {
		return err
	}
	if r.TagStatus, err = readEnum(members["tagStatus"], selectAny, selectTagged, selectUntagged); err != nil {
		return err
	}
	if r.Count, err = readCount(members["countNumber"]); err != nil {
		return err
	}
	if r.CountType, err = readValue[string](members["countType"], "string"); err != nil {
		return err
	}
	if _, ok := members["storageClass"]; ok || r.CountType == "sinceImagePulled" || r.CountType == "sinceImageTransitioned" {
		return errLifecycle("images are not archived by Kaimon, nor is it recorded when they were pulled: countType must be %s or %s, without storageClass", countMoreThan, countSincePushed)
	}
	// What the schema tells apart by countType matches neither form.
	unit, given := members["countUnit"]
	if r.CountType != countMoreThan && r.CountType != countSincePushed || given != (r.CountType == countSincePushed) {
		return errLifecycle("instance failed to match exactly one schema (matched 0 out of 2)")
	}
	if given {
		if _, err := readEnum(unit, "days"); err != nil {
			return err
		}
	}
	for name, list := range map[string]*[]string{"tagPrefixList": &r.Prefixes, "tagPatternList": &r.Patterns} {
		if raw, ok := members[name]; ok {
			if *list, err = readValue[[]string](raw, "array"); err != nil {
				return err
			}
		}
	}
	return r.checkTags()
}

// checkTags says what is wrong with the tags that a rule names.
func (r *LifecycleRule) checkTags() error {
	names := append(slices.Clone(r.Prefixes), r.Patterns...)
	switch {
	case r.TagStatus != selectTagged && len(names) > 0:
		return errLifecycle("tagPrefixList and tagPatternList can only be specified when tagStatus=TAGGED.")
	case r.TagStatus == selectTagged && len(names) == 0:
		return errLifecycle("Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.")
	case len(r.Prefixes) > 0 && len(r.Patterns) > 0:
		return errLifecycle("Only one of tagPrefixList and tagPatternList can be specified.")
	case slices.Contains(names, ""):
		return errLifecycle(`string "" is too short (length: 0, required minimum: 1)`)
	}
	for _, p := range r.Patterns {
		if strings.Count(p, "*") > maxTagWildcards {
			return errLifecycle("A tag pattern can have at most %d wildcards: %s", maxTagWildcards, p)
		}
	}
	return nil
}

// check says what is wrong with rules beside each other (Amazon ECR User Guide,
// "How lifecycle policies work").
func (l *Lifecycle) check() error {
	untagged := 0
	seen := map[string]bool{}
	for i, r := range l.Rules {
		if i > 0 && l.Rules[i-1].Priority == r.Priority {
			return errLifecycle("Each rule must have a unique rulePriority: %d", r.Priority)
		}
		switch r.TagStatus {
		case selectAny:
			if i < len(l.Rules)-1 {
				return errLifecycle("Rule for tagStatus=ANY must have the lowest priority per storage class")
			}
		case selectUntagged:
			untagged++
		case selectTagged:
			tags := strings.Join(slices.Sorted(slices.Values(r.Prefixes)), "\n") + "\n\n" + strings.Join(slices.Sorted(slices.Values(r.Patterns)), "\n")
			if seen[tags] {
				return errLifecycle("Each rule must have a unique set of tag prefixes or patterns")
			}
			seen[tags] = true
		}
	}
	if untagged > 1 {
		return errLifecycle("Only one rule can select Untagged images per storage class.")
	}
	return nil
}

func errLifecycle(format string, args ...any) error {
	return ErrInvalidParameter("Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "+format+"'", args...)
}
