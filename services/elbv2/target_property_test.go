package elbv2

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// modelTarget is what a simple reading of the API's documentation makes of a
// target.
type modelTarget struct{ registered, draining, healthy bool }

// targetMachine holds the tables against a model while targets come and go and
// rules forward to their group or don't.
type targetMachine struct {
	store    *store.Store
	balancer *LoadBalancer
	group    *TargetGroup
	listener *Listener
	model    map[string]*modelTarget
}

var targetIDs = []string{"172.31.0.9", "172.31.0.10", "172.31.16.9"}

func (m *targetMachine) draw(t *rapid.T) (Target, *modelTarget) {
	id := rapid.SampledFrom(targetIDs).Draw(t, "target")
	return Target{ID: id}, m.model[id]
}

func (m *targetMachine) update(t *rapid.T, fn func(tx *store.Txn) error) {
	if err := m.store.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func (m *targetMachine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"register": func(t *rapid.T) {
			target, model := m.draw(t)
			m.update(t, func(tx *store.Txn) error { return RegisterTargets(tx, m.group.ARN, []Target{target}, noon) })
			model.registered, model.draining = true, false
		},
		"deregister": func(t *rapid.T) {
			target, model := m.draw(t)
			m.update(t, func(tx *store.Txn) error { return DeregisterTargets(tx, m.group.ARN, []Target{target}, noon) })
			switch {
			case m.listener == nil:
				*model = modelTarget{}
			case model.registered:
				model.draining = true
			}
		},
		"probe": func(t *rapid.T) {
			target, model := m.draw(t)
			target.Port = m.group.Port
			if !model.registered {
				return
			}
			m.update(t, func(tx *store.Txn) error {
				TargetHealths.Put(tx, TargetHealth{Key: TargetKey(m.group.ARN, target), Health: Health{State: Healthy}})
				return nil
			})
			model.healthy = true
		},
		"drained": func(t *rapid.T) {
			target, model := m.draw(t)
			target.Port = m.group.Port
			if !model.draining {
				return
			}
			m.update(t, func(tx *store.Txn) error { ForgetTarget(tx, TargetKey(m.group.ARN, target)); return nil })
			*model = modelTarget{}
		},
		"forward": func(t *rapid.T) {
			if m.listener == nil {
				m.update(t, func(tx *store.Txn) error { m.listener = listen(tx, m.balancer, 80, m.group.ARN); return nil })
			}
		},
		"stop forwarding": func(t *rapid.T) {
			if m.listener == nil {
				return
			}
			m.update(t, func(tx *store.Txn) error { RemoveListener(tx, m.listener); return nil })
			m.listener = nil
			for _, model := range m.model {
				if model.draining {
					*model = modelTarget{}
				}
			}
		},
		"": m.check,
	}
}

// check holds every target's health against the model.
func (m *targetMachine) check(t *rapid.T) {
	for id, model := range m.model {
		want := RegistrationInProgress
		switch {
		case !model.registered:
			want = NotRegistered
		case model.draining:
			want = DeregistrationInProgress
		case m.listener == nil:
			want = NotInUse
		case model.healthy:
			want = ""
		}
		if got := HealthOf(m.store.Snapshot(), m.group.ARN, Target{ID: id}); got.Reason != want {
			t.Fatalf("%s: %+v, want %q", id, got, want)
		}
	}
}

func TestTargetsAgainstAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := store.OpenMemory(append(ec2.Tables(), Tables()...)...)
		defer s.Close()
		_, b, g := world(t, false)
		m := &targetMachine{store: s, balancer: b, group: g, model: map[string]*modelTarget{}}
		for _, id := range targetIDs {
			m.model[id] = &modelTarget{}
		}
		m.update(rt, func(tx *store.Txn) error {
			ec2.EnsureDefaultVPC(tx, scope)
			LoadBalancers.Put(tx, *b)
			TargetGroups.Put(tx, *g)
			return nil
		})
		rt.Repeat(m.actions())
	})
}
