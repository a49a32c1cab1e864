package elbv2

import (
	"testing"

	"kaimon.dev/kaimon/store"
)

// listen adds a listener to a load balancer that forwards to a group.
func listen(tx *store.Txn, b *LoadBalancer, port int, group string) *Listener {
	l := &Listener{ARN: ListenerARN(b.ARN, NewID()), Scope: scope, LoadBalancer: b.ARN, Protocol: HTTP, Port: port}
	Listeners.Put(tx, *l)
	Rules.Put(tx, Rule{
		ARN: RuleARN(l.ARN, NewID()), Scope: scope, Listener: l.ARN, LoadBalancer: b.ARN, Default: true,
		Actions: []Action{{Type: Forward, TargetGroups: []WeightedGroup{{ARN: group, Weight: 1}}}},
	})
	return l
}

func count[T any](table *store.Table[T], r store.Reader) (n int) {
	for range table.All(r) {
		n++
	}
	return n
}

func TestRemovingTakesEverythingAlong(t *testing.T) {
	s, b, g := world(t, false)
	update(t, s, func(tx *store.Txn) error {
		for port := range 3 {
			l := listen(tx, b, port+1, g.ARN)
			if err := PutTags(tx, l.ARN, map[string]string{"a": "b"}); err != nil {
				return err
			}
		}
		return RegisterTargets(tx, g.ARN, []Target{{ID: "172.31.0.9"}, {ID: "172.31.0.10"}}, noon)
	})
	update(t, s, func(tx *store.Txn) error {
		for row := range TargetsOf(tx, g.ARN) {
			TargetHealths.Put(tx, TargetHealth{Key: row.Key, Health: Health{State: Healthy}})
		}
		return DeregisterTargets(tx, g.ARN, []Target{{ID: "172.31.0.9"}}, noon)
	})
	update(t, s, func(tx *store.Txn) error {
		if err := RemoveTargetGroup(tx, g); code(err) != "ResourceInUse" {
			t.Errorf("a group in use: %v", err)
		}
		return RemoveLoadBalancer(tx, b)
	})
	r := s.Snapshot()
	if count(Listeners, r)+count(Rules, r)+count(Tags, r)+count(LoadBalancers, r) != 0 {
		t.Error("something of the load balancer is left")
	}
	if count(Targets, r) != 1 || count(TargetHealths, r) != 1 {
		t.Errorf("%d targets are left; the one that drained has nothing to wait for", count(Targets, r))
	}
	update(t, s, func(tx *store.Txn) error { return RemoveTargetGroup(tx, g) })
	if r := s.Snapshot(); count(Targets, r)+count(TargetHealths, r)+count(TargetGroups, r) != 0 {
		t.Error("something of the group is left")
	}
}

func TestRemovalRefusals(t *testing.T) {
	s, b, g := world(t, true)
	update(t, s, func(tx *store.Txn) error {
		for rule := range Rules.All(tx) {
			if err := RemoveRule(tx, rule); code(err) != "OperationNotPermitted" {
				t.Errorf("the default rule: %v", err)
			}
		}
		kept := *b
		kept.Attributes = map[string]string{DeletionProtection: "true"}
		if err := RemoveLoadBalancer(tx, &kept); code(err) != "OperationNotPermitted" {
			t.Errorf("a protected load balancer: %v", err)
		}
		return nil
	})
	if !HasLoadBalancer(s.Snapshot(), g.ARN) {
		t.Error("a refused removal removed")
	}
}

func TestTagLimits(t *testing.T) {
	s, b, _ := world(t, false)
	update(t, s, func(tx *store.Txn) error {
		many := map[string]string{}
		for i := range maxTags {
			many[string(rune('a'+i))] = ""
		}
		if err := PutTags(tx, b.ARN, many); err != nil {
			t.Error(err)
		}
		if err := PutTags(tx, b.ARN, map[string]string{"a": "again"}); err != nil {
			t.Errorf("a known key: %v", err)
		}
		if err := PutTags(tx, b.ARN, map[string]string{"more": ""}); code(err) != "TooManyTags" {
			t.Errorf("one more: %v", err)
		}
		if TagsOf(tx, b.ARN)["a"] != "again" {
			t.Error("the new value isn't there")
		}
		keys := []string{"none"}
		for k := range many {
			keys = append(keys, k)
		}
		RemoveTags(tx, b.ARN, keys)
		if TagsOf(tx, b.ARN) != nil {
			t.Error("tags are left")
		}
		return nil
	})
}
