package elbv2

import (
	"iter"
	"net/netip"
	"strconv"
	"time"

	"kaimon.dev/kaimon/store"
)

// Target names a target of a group.
type Target struct {
	// ID is an IPv4 address for groups of type ip.
	ID string
	// Port is where it listens; 0 means the group's.
	Port int
	// Zone is an availability zone's name, "all" for none in particular; ""
	// means the one of the subnet that the address is in.
	Zone string
}

// RegisteredTarget is a target of a group: what is wanted. Writers: elbv2api and
// ECS services through RegisterTargets and DeregisterTargets; elbv2ctl deletes
// the row of a deregistered one once it has drained.
type RegisteredTarget struct {
	// Key is the group's ARN, "|", the target's ID, ":" and port.
	Key          string
	TargetGroup  string
	Target       Target
	RegisteredAt time.Time
	// DeregisteredAt is zero while the target is wanted.
	DeregisteredAt time.Time
}

// Targets holds the registered targets of every group, and those that drain.
var Targets = store.NewTable("elbv2.targets", func(t *RegisteredTarget) string { return t.Key })

// Address is where the target listens.
func (t *RegisteredTarget) Address() netip.AddrPort {
	addr, _ := netip.ParseAddr(t.Target.ID) // valid since its registration
	return netip.AddrPortFrom(addr, uint16(t.Target.Port))
}

// Draining says whether the target was deregistered and isn't done yet.
func (t *RegisteredTarget) Draining() bool { return !t.DeregisteredAt.IsZero() }

// TargetKey is the key of a group's target in Targets and TargetHealths.
func TargetKey(group string, t Target) string {
	return group + "|" + t.ID + ":" + strconv.Itoa(t.Port)
}

// TargetsOf iterates over a group's targets, those that drain too.
func TargetsOf(r store.Reader, group string) iter.Seq[*RegisteredTarget] {
	return Targets.Prefix(r, group+"|")
}

// RegisterTargets adds targets to a group; one that is there already stays as
// it is, one that drains comes back. It fails with TargetGroupNotFound,
// InvalidTarget or TooManyTargets.
func RegisterTargets(tx *store.Txn, group string, targets []Target, at time.Time) error {
	g, ok := TargetGroups.Get(tx, group)
	if !ok {
		return ErrTargetGroupNotFound(group)
	}
	for _, t := range targets {
		t, err := resolveTarget(tx, g, t)
		if err != nil {
			return err
		}
		row := RegisteredTarget{Key: TargetKey(group, t), TargetGroup: group, Target: t, RegisteredAt: at}
		if have, ok := Targets.Get(tx, row.Key); ok && !have.Draining() {
			continue
		}
		Targets.Put(tx, row)
	}
	n := 0
	for t := range TargetsOf(tx, group) {
		if !t.Draining() {
			n++
		}
	}
	if n > MaxTargets {
		return ErrTooManyTargets(group)
	}
	return nil
}

// DeregisterTargets takes targets out of a group; one that isn't registered is
// no error. A target that gets requests drains for the group's deregistration
// delay: it is gone once HealthOf says that it is not registered. A target
// without a port means all ports of its ID.
func DeregisterTargets(tx *store.Txn, group string, targets []Target, at time.Time) error {
	if _, ok := TargetGroups.Get(tx, group); !ok {
		return ErrTargetGroupNotFound(group)
	}
	for _, t := range targets {
		var rows []RegisteredTarget
		for have := range TargetsOf(tx, group) {
			if have.Target.ID == t.ID && (t.Port == 0 || t.Port == have.Target.Port) {
				rows = append(rows, *have)
			}
		}
		for _, row := range rows {
			deregister(tx, row, at)
		}
	}
	return nil
}

// deregister makes a target drain; one that never got a request goes at once.
func deregister(tx *store.Txn, row RegisteredTarget, at time.Time) {
	switch {
	case !HasLoadBalancer(tx, row.TargetGroup):
		ForgetTarget(tx, row.Key)
	case !row.Draining():
		row.DeregisteredAt = at
		Targets.Put(tx, row)
	}
}

// ForgetTarget removes a target that has drained.
func ForgetTarget(tx *store.Txn, key string) {
	Targets.Delete(tx, key)
	TargetHealths.Delete(tx, key)
}
