package ecs

import (
	"iter"

	"kaimon.dev/kaimon/store"
)

// Placed counts the tasks that a service has, so that new ones even them out:
// over the capacity providers by their shares, over the zones, and over the
// subnets of each zone.
type Placed struct {
	Providers, Zones, Subnets map[string]int
}

// NewPlaced counts those tasks that shall run.
func NewPlaced(r store.Reader, tasks iter.Seq[*Task]) *Placed {
	p := &Placed{Providers: map[string]int{}, Zones: map[string]int{}, Subnets: map[string]int{}}
	for t := range tasks {
		if t.Halted(StatusOf(r, t)) {
			continue
		}
		p.Providers[t.CapacityProvider]++
		p.Zones[t.Network.Zone]++
		p.Subnets[t.Network.Subnet]++
	}
	return p
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
