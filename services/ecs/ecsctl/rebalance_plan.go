package ecsctl

import (
	"fmt"
	"slices"
	"strings"
)

// zoneCount is how many tasks of a revision shall run in an availability zone,
// and whether one of them may be stopped.
type zoneCount struct {
	zone    string
	tasks   int
	movable bool
}

// imbalanced says whether a service gains by moving a task: whether the fullest
// of the zones in which one may be stopped has at least two more than the
// emptiest (ECS Developer Guide, "Balancing an Amazon ECS service across
// Availability Zones").
func imbalanced(zones []zoneCount) bool {
	least, most := -1, -1
	for _, z := range zones {
		if least < 0 || z.tasks < least {
			least = z.tasks
		}
		if z.movable {
			most = max(most, z.tasks)
		}
	}
	return most-least >= 2
}

// spread describes where tasks are, in AWS's words.
func spread(zones []zoneCount, others string) string {
	var out strings.Builder
	for i, z := range zones {
		word := others
		switch {
		case i == 0:
			word = " tasks"
		case i == len(zones)-1:
			out.WriteString(", and ")
		default:
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%d%s in %s", z.tasks, word, z.zone)
	}
	return out.String()
}

func eventImbalanced(zones []zoneCount) string {
	return "is not AZ balanced with " + spread(zones, "") + ". AZ Rebalancing in progress."
}

func eventBalanced(zones []zoneCount) string {
	return "is AZ balanced with " + spread(zones, " tasks") + "."
}

// rebalance returns how many tasks of the primary revision there shall be: one
// more than desired while one is moved to an emptier zone, which is done for a
// service at rest. The new one is placed in the emptiest zone; once it is up,
// the surplus is taken from the fullest.
func (p *planner) rebalance(primary tally) int {
	moving := p.ledger.moving
	if !p.service.Rebalancing || !p.service.DeletedAt.IsZero() || p.failed() {
		return p.desired
	}
	live := primary.live()
	alone := p.ledger.count[p.status.PrimaryARN] == len(p.ledger.units)
	if moving && live == p.desired+1 && primary[up] < live {
		p.plan.moving = true
		return live
	}
	zones := p.ledger.spread(p.status.PrimaryARN, p.zones)
	switch {
	case live == p.desired && primary[up] == live && alone && imbalanced(zones):
		if !moving {
			p.event(eventImbalanced(zones))
		}
		p.plan.moving = true
		return p.desired + 1
	case moving && live == p.desired && alone:
		p.event(eventBalanced(zones))
	case moving:
		p.plan.moving = true
	}
	return p.desired
}

// spread counts the tasks of a revision in each of the zones, in order.
func (l *ledger) spread(revision string, zones []string) []zoneCount {
	var out []zoneCount
	for _, zone := range slices.Compact(slices.Sorted(slices.Values(zones))) {
		z := zoneCount{zone: zone, movable: len(l.sets[setKey{revision, up, zone, false}]) > 0}
		for c := pending; c < ending; c++ {
			z.tasks += l.countIn(revision, c, zone)
		}
		out = append(out, z)
	}
	return out
}
