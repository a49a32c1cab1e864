package ecs

import (
	"iter"
	"maps"

	"kaimon.dev/kaimon/store"
)

// Placed counts the tasks that a service has, so that new ones even them out:
// over the capacity providers by their shares, over the zones, and over the
// subnets of each zone.
type Placed struct {
	Providers, Zones, Subnets map[string]int
}

// NewPlaced counts no tasks yet.
func NewPlaced() *Placed {
	return &Placed{Providers: map[string]int{}, Zones: map[string]int{}, Subnets: map[string]int{}}
}

// CountPlaced counts those tasks that shall run.
func CountPlaced(r store.Reader, tasks iter.Seq[*Task]) *Placed {
	p := NewPlaced()
	for t := range tasks {
		if !t.Halted(StatusOf(r, t)) {
			p.Add(t.CapacityProvider, t.Network.Zone, t.Network.Subnet, 1)
		}
	}
	return p
}

// Add counts n more tasks of a place, or fewer.
func (p *Placed) Add(provider, zone, subnet string, n int) {
	p.Providers[provider] += n
	p.Zones[zone] += n
	p.Subnets[subnet] += n
}

// Clone returns a copy that may be changed.
func (p *Placed) Clone() *Placed {
	return &Placed{Providers: maps.Clone(p.Providers), Zones: maps.Clone(p.Zones), Subnets: maps.Clone(p.Subnets)}
}

// next picks the subnet of the next task, as a turn of Networks.Place, and counts it.
func (p *Placed) next(n *Networks) (turn int) {
	for i, s := range n.subnets {
		best := n.subnets[turn]
		zones, least := p.Zones[s.Zone], p.Zones[best.Zone]
		if zones < least || zones == least && p.Subnets[s.ID] < p.Subnets[best.ID] {
			turn = i
		}
	}
	p.Zones[n.subnets[turn].Zone]++
	p.Subnets[n.subnets[turn].ID]++
	return turn
}
