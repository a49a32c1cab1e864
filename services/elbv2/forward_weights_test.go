package elbv2

import (
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/store"
)

func TestForwardWeights(t *testing.T) {
	s, b, g := world(t, false)
	other := *g
	other.ARN, other.Name = TargetGroupARN(scope, "green", "aaaabbbbccccdddd"), "green"
	grpc := *g
	grpc.ARN, grpc.ProtocolVersion = TargetGroupARN(scope, "grpc", "aaaabbbbccccdddd"), "GRPC"
	both := []WeightedGroup{{g.ARN, 10}, {other.ARN, 90}}
	var listener, rule, redirect string
	update(t, s, func(tx *store.Txn) error {
		TargetGroups.Put(tx, other)
		TargetGroups.Put(tx, grpc)
		listener = listen(tx, b, 80, g.ARN).ARN
		row, _ := DefaultRule(tx, listener)
		rule, redirect = row.ARN, row.ARN+"redirect"
		sticky := *row
		sticky.Actions = []Action{{Type: Forward, TargetGroups: []WeightedGroup{{g.ARN, 1}}, Sticky: time.Minute}}
		Rules.Put(tx, sticky)
		Rules.Put(tx, Rule{ARN: redirect, Scope: scope, Listener: listener, Priority: 1, Actions: []Action{{Type: Redirect}}})
		return SetForwardWeights(tx, scope, rule, both)
	})
	for _, arn := range []string{listener, rule} {
		row, err := FindForwardRule(s.Snapshot(), scope, arn)
		if err != nil || !slices.Equal(row.ForwardsTo(), both) || row.Actions[0].Sticky != time.Minute {
			t.Errorf("%s: %+v, %v", arn, row, err)
		}
	}
	if got := LoadBalancersOf(s.Snapshot(), other.ARN); !slices.Equal(got, []string{b.ARN}) {
		t.Errorf("the second group's load balancers: %v", got)
	}
	elsewhere := scope
	elsewhere.Region = "us-east-1"
	if _, err := FindForwardRule(s.Snapshot(), elsewhere, listener); code(err) != "RuleNotFound" {
		t.Errorf("a listener of another region: %v", err)
	}
	for name, tc := range map[string]struct {
		rule, code string
		groups     []WeightedGroup
	}{
		"no rule":          {rule + "x", "RuleNotFound", both},
		"no forward":       {redirect, "InvalidLoadBalancerAction", both},
		"no group":         {rule, "ValidationError", nil},
		"a group twice":    {rule, "ValidationError", []WeightedGroup{{g.ARN, 1}, {g.ARN, 1}}},
		"an unknown group": {rule, "TargetGroupNotFound", []WeightedGroup{{g.ARN + "x", 1}}},
		"a group of HTTP/2": {
			rule, "InvalidConfigurationRequest", []WeightedGroup{{grpc.ARN, 1}},
		},
		"too heavy": {rule, "ValidationError", []WeightedGroup{{g.ARN, 1000}}},
	} {
		update(t, s, func(tx *store.Txn) error {
			if err := SetForwardWeights(tx, scope, tc.rule, tc.groups); code(err) != tc.code {
				t.Errorf("%s: %v", name, err)
			}
			return nil
		})
	}
	if row, _ := FindRule(s.Snapshot(), scope, rule); !slices.Equal(row.ForwardsTo(), both) {
		t.Errorf("a refused change changed: %+v", row)
	}
}

// A network load balancer's listener, which the API gives one group, takes two
// while traffic is shifted.
func TestForwardWeightsOfNetwork(t *testing.T) {
	s, b, g := world(t, false)
	update(t, s, func(tx *store.Txn) error {
		lb, blue := *b, *g
		lb.Type, blue.Protocol = Network, TCP
		green := blue
		green.ARN = TargetGroupARN(scope, "green", "aaaabbbbccccdddd")
		LoadBalancers.Put(tx, lb)
		TargetGroups.Put(tx, blue)
		TargetGroups.Put(tx, green)
		l := listen(tx, &lb, 80, g.ARN)
		tcp := *l
		tcp.Protocol = TCP
		Listeners.Put(tx, tcp)
		row, err := FindForwardRule(tx, scope, l.ARN)
		if err != nil {
			return err
		}
		return SetForwardWeights(tx, scope, row.ARN, []WeightedGroup{{g.ARN, 0}, {green.ARN, 100}})
	})
}
