package ecsctl_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecs"
)

// zonesOf counts the running tasks of each zone, the smallest first.
func (s *served) zonesOf() []int {
	zones := map[string]int{"eu-west-1a": 0, "eu-west-1b": 0, "eu-west-1c": 0}
	for _, t := range s.running("") {
		zones[t.Network.Zone]++
	}
	var out []int
	for _, n := range zones {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// unbalance scales a service of nine tasks in to three that are all in one zone.
func (s *served) unbalance() {
	zone := s.running("")[0].Network.Zone
	keep := slices.DeleteFunc(s.running(""), func(t *ecs.Task) bool { return t.Network.Zone != zone })
	s.protect(time.Hour, keep...)
	s.change(func(svc *ecs.Service) { svc.DesiredCount = 3 })
	s.after(settled)
	s.protect(0, keep...)
	s.after(settled)
}

func TestRebalancing(t *testing.T) {
	inService(t, 9, func(t *testing.T, s *served) {
		s.unbalance()
		if got := s.zonesOf(); !slices.Equal(got, []int{0, 0, 3}) {
			t.Fatalf("zones %v", got)
		}
		seen := len(s.messages())
		s.change(func(svc *ecs.Service) { svc.Rebalancing = true })
		for range 5 {
			s.after(settled)
			if n := len(s.running("")); n < 3 || n > 4 {
				t.Errorf("%d tasks run", n)
			}
		}
		if got := s.zonesOf(); !slices.Equal(got, []int{1, 1, 1}) {
			t.Errorf("zones %v", got)
		}
		events := strings.Join(s.messages()[seen:], "\n")
		for _, want := range []string{
			"(service web) is not AZ balanced with ", ". AZ Rebalancing in progress.",
			"(service web) is AZ balanced with 1 tasks in eu-west-1a, 1 tasks in eu-west-1b, and 1 tasks in eu-west-1c.",
		} {
			if strings.Count(events, want) != 1 {
				t.Errorf("no %q in:\n%s", want, events)
			}
		}
		quiet := len(s.messages())
		s.after(10 * settled)
		s.wantEvents(quiet)
	})
}

// What is protected isn't moved, and no other task in its stead, for ever.
func TestRebalancingLeavesProtectedTasks(t *testing.T) {
	inService(t, 9, func(t *testing.T, s *served) {
		s.unbalance()
		s.protect(time.Hour, s.running("")...)
		seen := len(s.messages())
		s.change(func(svc *ecs.Service) { svc.Rebalancing = true })
		s.after(10 * settled)
		s.wantEvents(seen)
	})
}
