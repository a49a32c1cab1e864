package ecsapi

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// ListTaskDefinitions lists revisions by family and number.
func (h *Handlers) ListTaskDefinitions(ctx context.Context, in *ListTaskDefinitionsInput) (*ListTaskDefinitionsOutput, error) {
	s, r := scope(ctx), h.Store.Snapshot()
	status := ecs.DefinitionActive
	if in.Status != nil {
		status = ecs.TaskDefinitionStatus(*in.Status)
	}
	seq := ecs.TaskDefinitions.Prefix(r, ecs.FamilyARN(s, ""))
	if family := wire.Val(in.FamilyPrefix); family != "" {
		seq = ecs.RevisionsOf(r, s, family)
	}
	arns := []string{}
	for d := range seq {
		if d.Status == status {
			arns = append(arns, d.ARN)
		}
	}
	compare := compareDefinitionARNs
	if wire.Val(in.Sort) == "DESC" {
		compare = func(a, b string) int { return compareDefinitionARNs(b, a) }
	}
	slices.SortFunc(arns, compare)
	p := pager{Operation: "ListTaskDefinitions", Token: in.NextToken, Max: in.MaxResults, Most: 100}
	arns, next, err := page(p, arns, same, compare)
	if err != nil {
		return nil, err
	}
	return &ListTaskDefinitionsOutput{TaskDefinitionArns: arns, NextToken: next}, nil
}

// compareDefinitionARNs orders ARNs of one account and region by family, then
// by number of revision.
func compareDefinitionARNs(a, b string) int {
	familyA, revisionA := splitRevision(a)
	familyB, revisionB := splitRevision(b)
	if c := strings.Compare(familyA, familyB); c != 0 {
		return c
	}
	return revisionA - revisionB
}

func splitRevision(arn string) (family string, revision int) {
	i := strings.LastIndexByte(arn, ':')
	revision, _ = strconv.Atoi(arn[i+1:])
	return arn[:max(i, 0)], revision
}

// ListTaskDefinitionFamilies lists the families that have revisions of a status.
func (h *Handlers) ListTaskDefinitionFamilies(ctx context.Context, in *ListTaskDefinitionFamiliesInput) (*ListTaskDefinitionFamiliesOutput, error) {
	active := map[string]bool{}
	prefix := ecs.FamilyARN(scope(ctx), wire.Val(in.FamilyPrefix))
	for d := range ecs.TaskDefinitions.Prefix(h.Store.Snapshot(), prefix) {
		active[d.Family] = active[d.Family] || d.Status == ecs.DefinitionActive
	}
	families := []string{}
	for family, isActive := range active {
		switch wire.Val(in.Status) {
		case "ACTIVE":
			if !isActive {
				continue
			}
		case "INACTIVE":
			if isActive {
				continue
			}
		}
		families = append(families, family)
	}
	slices.Sort(families)
	p := pager{Operation: "ListTaskDefinitionFamilies", Token: in.NextToken, Max: in.MaxResults, Most: 100}
	families, next, err := page(p, families, same, strings.Compare)
	if err != nil {
		return nil, err
	}
	return &ListTaskDefinitionFamiliesOutput{Families: families, NextToken: next}, nil
}
