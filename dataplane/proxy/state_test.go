package proxy

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawConfig is a configuration of a few load balancers and groups.
func drawConfig(t *rapid.T, what string) (c Config) {
	for i := range 3 {
		if rapid.Bool().Draw(t, fmt.Sprint(what, " balancer ", i)) {
			c.LoadBalancers = append(c.LoadBalancers, LoadBalancer{ID: fmt.Sprint("lb-", i), Type: rapid.SampledFrom([]string{Application, Network}).Draw(t, what)})
		}
		if rapid.Bool().Draw(t, fmt.Sprint(what, " group ", i)) {
			c.TargetGroups = append(c.TargetGroups, drawGroup(t, fmt.Sprint("tg-", i)))
		}
	}
	return c
}

func drawGroup(t *rapid.T, id string) TargetGroup {
	g := TargetGroup{ID: id}
	for _, port := range rapid.SliceOfNDistinct(rapid.Uint16Range(1, 4), 0, 3, rapid.ID[uint16]).Draw(t, id) {
		g.Targets = append(g.Targets, Target{Address: netip.MustParseAddr("10.0.0.1"), Port: port})
	}
	return g
}

// refs are the targets that a configuration names.
func refs(c Config) map[TargetRef]bool {
	all := map[TargetRef]bool{}
	for _, g := range c.TargetGroups {
		for _, t := range g.Targets {
			all[TargetRef{g.ID, t.AddrPort()}] = true
		}
	}
	return all
}

// difference is the change from one configuration to another.
func difference(from, to Config) (c Change) {
	c.LoadBalancers, c.TargetGroups = to.LoadBalancers, to.TargetGroups
	for _, b := range from.LoadBalancers {
		if !slices.ContainsFunc(to.LoadBalancers, func(x LoadBalancer) bool { return x.ID == b.ID }) {
			c.GoneLoadBalancers = append(c.GoneLoadBalancers, b.ID)
		}
	}
	for _, g := range from.TargetGroups {
		if !slices.ContainsFunc(to.TargetGroups, func(x TargetGroup) bool { return x.ID == g.ID }) {
			c.GoneTargetGroups = append(c.GoneTargetGroups, g.ID)
		}
	}
	return c
}

// TestState goes from configuration to configuration, as a whole or by changes:
// what comes out is what went in, and the targets that are told to be gone are
// those that the one names and the other doesn't.
func TestState(t *testing.T) {
	if (&State{}).Set() {
		t.Error("nothing is a configuration")
	}
	rapid.Check(t, func(t *rapid.T) {
		var s State
		from := drawConfig(t, "first")
		if gone := s.Replace(from); len(gone) != 0 || !s.Set() {
			t.Fatalf("gone from nothing: %v", gone)
		}
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			to := drawConfig(t, "next")
			var gone []TargetRef
			if rapid.Bool().Draw(t, "whole") {
				gone = s.Replace(to)
			} else {
				gone = s.Merge(difference(from, to))
			}
			if got := s.Config(); !reflect.DeepEqual(got, to) {
				t.Fatalf("%+v, want %+v", got, to)
			}
			was, is := refs(from), refs(to)
			for _, ref := range gone {
				if !was[ref] || is[ref] {
					t.Fatalf("%v isn't gone", ref)
				}
				delete(was, ref)
			}
			for ref := range was {
				if !is[ref] {
					t.Fatalf("%v is gone", ref)
				}
			}
			from = to
		}
	})
}
