package elbv2ctl

import (
	"slices"
	"strings"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// keyOf is the key of the target that the proxy speaks of.
func keyOf(ref proxy.TargetRef) string {
	return elbv2.TargetKey(ref.Group, elbv2.Target{ID: ref.Addr.Addr().String(), Port: int(ref.Addr.Port())})
}

// healthChanges are the rows of a report that differ from those that there are.
// That a target drains is said by its own row.
func healthChanges(r store.Reader, report proxy.Report) []elbv2.TargetHealth {
	var rows []elbv2.TargetHealth
	for _, h := range report.Health {
		row := elbv2.TargetHealth{
			Key:    keyOf(h.TargetRef),
			Health: elbv2.Health{State: h.State, Reason: h.Reason, Description: h.Description},
		}
		if _, registered := elbv2.Targets.Get(r, row.Key); !registered || h.State == proxy.StateDraining {
			continue
		}
		if have, ok := elbv2.TargetHealths.Get(r, row.Key); !ok || have.Health != row.Health {
			rows = append(rows, row)
		}
	}
	return rows
}

// goneHealth are the rows that a full report has no word of.
func goneHealth(r store.Reader, report proxy.Report) []string {
	if !report.Full {
		return nil
	}
	told := map[string]bool{}
	for _, h := range report.Health {
		told[keyOf(h.TargetRef)] = true
	}
	var keys []string
	for row := range elbv2.TargetHealths.All(r) {
		if !told[row.Key] {
			keys = append(keys, row.Key)
		}
	}
	return keys
}

// unprobed are the groups with health that a configuration leaves out: the proxy
// has forgotten their targets, and would begin anew.
func unprobed(r store.Reader, probed map[string]proxy.TargetGroup) (groups []string) {
	for row := range elbv2.TargetHealths.All(r) {
		group, _, _ := strings.Cut(row.Key, "|")
		if _, ok := probed[group]; !ok && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}
