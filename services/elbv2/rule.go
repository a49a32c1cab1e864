package elbv2

import (
	"cmp"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Rule says what a listener does with requests that fit its conditions. Sole
// writer: elbv2api.
type Rule struct {
	ARN          string
	Scope        aws.Scope
	Listener     string
	LoadBalancer string
	// Default marks the rule for requests that fit no other; it has no conditions.
	Default bool
	// Priority is 1 … 50000, the lowest first; 0 for the default rule.
	Priority   int
	Conditions []Condition
	Actions    []Action
}

// Rules holds every rule by ARN.
var Rules = store.NewTable("elbv2.rules", func(r *Rule) string { return r.ARN },
	store.Index[Rule]{Name: byListener, Keys: func(r *Rule) []string { return []string{r.Listener} }},
	store.Index[Rule]{Name: byLoadBalancer, Keys: func(r *Rule) []string { return []string{r.LoadBalancer} }},
	store.Index[Rule]{Name: byTargetGroup, Keys: (*Rule).TargetGroups})

// TargetGroups are the ARNs of the groups that the rule forwards to, in order.
func (r *Rule) TargetGroups() []string {
	var out []string
	for _, a := range r.Actions {
		for _, g := range a.TargetGroups {
			out = insert(out, g.ARN)
		}
	}
	return out
}

// FindRule returns a rule of the scope.
func FindRule(r store.Reader, s aws.Scope, arn string) (*Rule, error) {
	if row, ok := Rules.Get(r, arn); ok && row.Scope == s {
		return row, nil
	}
	return nil, ErrRuleNotFound()
}

// RulesOf returns a listener's rules in the order in which they are tried, the
// default rule last.
func RulesOf(r store.Reader, listener string) []*Rule {
	rules := slices.Collect(Rules.By(r, byListener, listener))
	slices.SortFunc(rules, func(a, b *Rule) int {
		if a.Default != b.Default {
			if a.Default {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Priority, b.Priority)
	})
	return rules
}

// DefaultRule returns a listener's default rule.
func DefaultRule(r store.Reader, listener string) (*Rule, bool) {
	for rule := range Rules.By(r, byListener, listener) {
		if rule.Default {
			return rule, true
		}
	}
	return nil, false
}
