package elbv2ctl

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// dirt names pieces of the proxy's configuration that may have changed.
type dirt struct {
	all               bool
	balancers, groups map[string]bool
}

// dirty gathers dirt until a turn takes it. Its zero value is clean.
type dirty struct {
	mu sync.Mutex
	d  dirt
}

func (a *dirty) add(d dirt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.d.balancers == nil {
		a.d.balancers, a.d.groups = map[string]bool{}, map[string]bool{}
	}
	a.d.all = a.d.all || d.all
	maps.Copy(a.d.balancers, d.balancers)
	maps.Copy(a.d.groups, d.groups)
}

func (a *dirty) take() dirt {
	a.add(dirt{})
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.d
	a.d = dirt{}
	return d
}

// dirtOf names the pieces that a changed row is part of. Rows that are gone are
// told by their names alone.
func dirtOf(r store.Reader, change store.Change) dirt {
	d := dirt{balancers: map[string]bool{}, groups: map[string]bool{}}
	switch change.Table {
	case elbv2.LoadBalancers.Name():
		d.balancers[change.ID] = true
	case elbv2.Listeners.Name(), elbv2.Rules.Name():
		d.balancers[elbv2.LoadBalancerOf(change.ID)] = true
	case elbv2.TargetGroups.Name():
		d.groups[change.ID] = true
	case elbv2.Targets.Name():
		group, _, _ := strings.Cut(change.ID, "|")
		d.groups[group] = true
	case acm.Certificates.Name():
		for _, arn := range elbv2.UsersOfCertificate(r, change.ID) {
			d.balancers[arn] = true
		}
	}
	return d
}

// pieces are what the proxy has been given.
type pieces struct {
	balancers map[string]proxy.LoadBalancer
	groups    map[string]proxy.TargetGroup
	failed    map[string]bool // load balancers that have to be given again
}

func newPieces(c proxy.Config, failed *proxy.ApplyError) *pieces {
	s := &pieces{balancers: map[string]proxy.LoadBalancer{}, groups: map[string]proxy.TargetGroup{}, failed: map[string]bool{}}
	s.merge(proxy.Change{LoadBalancers: c.LoadBalancers, TargetGroups: c.TargetGroups}, failed)
	return s
}

// merge notes what was sent and what came of it.
func (s *pieces) merge(c proxy.Change, failed *proxy.ApplyError) {
	for _, b := range c.LoadBalancers {
		s.balancers[b.ID] = b
		delete(s.failed, b.ID)
	}
	for _, g := range c.TargetGroups {
		s.groups[g.ID] = g
	}
	for _, arn := range c.GoneLoadBalancers {
		delete(s.balancers, arn)
		delete(s.failed, arn)
	}
	for _, arn := range c.GoneTargetGroups {
		delete(s.groups, arn)
	}
	for _, arn := range failedBalancers(failed) {
		s.failed[arn] = true
	}
}

// plan is the change that brings the proxy from what it has to what the rows
// ask for, as far as the dirt goes, and the load balancers that were looked at.
func (s *pieces) plan(p planner, d dirt) (c proxy.Change, seen []proxy.LoadBalancer) {
	if d.all {
		d = s.everything(p)
	}
	groups := maps.Clone(d.groups)
	for _, arn := range slices.Sorted(maps.Keys(d.balancers)) {
		have, had := s.balancers[arn]
		want, wanted := p.balancer(arn)
		if wanted {
			seen = append(seen, want)
		}
		switch {
		case wanted && (!had || s.failed[arn] || !reflect.DeepEqual(have, want)):
			c.LoadBalancers = append(c.LoadBalancers, want)
		case had && !wanted:
			c.GoneLoadBalancers = append(c.GoneLoadBalancers, arn)
		}
		before, after := forwards(&have), forwards(&want)
		for _, g := range slices.Concat(before, after) {
			if !slices.Contains(before, g) || !slices.Contains(after, g) {
				groups[g] = true
			}
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(groups)) {
		have, had := s.groups[arn]
		want, wanted := p.group(arn)
		switch {
		case wanted && (!had || !reflect.DeepEqual(have, want)):
			c.TargetGroups = append(c.TargetGroups, want)
		case had && !wanted:
			c.GoneTargetGroups = append(c.GoneTargetGroups, arn)
		}
	}
	return c, seen
}

// everything is the dirt of all that there is and was.
func (s *pieces) everything(p planner) dirt {
	d := dirt{balancers: map[string]bool{}, groups: map[string]bool{}}
	for b := range elbv2.LoadBalancers.All(p.r) {
		d.balancers[b.ARN] = true
	}
	for g := range elbv2.TargetGroups.All(p.r) {
		d.groups[g.ARN] = true
	}
	for arn := range s.balancers {
		d.balancers[arn] = true
	}
	for arn := range s.groups {
		d.groups[arn] = true
	}
	return d
}
