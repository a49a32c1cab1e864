package logsapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/logs"
)

// defaultPage is how many groups or streams an answer holds when the request
// doesn't say (API Reference, "DescribeLogGroups").
const defaultPage = 50

// DescribeLogGroups implements API.
func (h *Handlers) DescribeLogGroups(ctx context.Context, in *DescribeLogGroupsInput) (*DescribeLogGroupsOutput, error) {
	r, scope := h.open(ctx)
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, logs.InvalidParameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	if wire.Val(in.IncludeLinkedAccounts) || len(in.AccountIdentifiers) > 0 {
		return nil, unsupported("includeLinkedAccounts")
	}
	named := map[string]bool{}
	for _, id := range in.LogGroupIdentifiers {
		name, err := logs.ParseGroup(scope, id)
		if err != nil {
			return nil, err
		}
		named[name] = true
	}
	pattern := strings.ToLower(wire.Val(in.LogGroupNamePattern))
	class := wire.Val(in.LogGroupClass)
	var found []*logs.Group
	for g := range logs.GroupsOf(r, scope, wire.Val(in.LogGroupNamePrefix)) {
		if (len(named) == 0 || named[g.Name]) && strings.Contains(strings.ToLower(g.Name), pattern) && (class == "" || class == standardClass) {
			found = append(found, g)
		}
	}
	found, next, ok := page.Cut("DescribeLogGroups", wire.Val(in.NextToken), pageSize(in.Limit), found,
		func(g *logs.Group) string { return g.Name }, strings.Compare)
	if !ok {
		return nil, badToken()
	}
	out := &DescribeLogGroupsOutput{LogGroups: []LogGroup{}, NextToken: wire.Optional(next)}
	for _, g := range found {
		shown, err := h.groupToWire(g)
		if err != nil {
			return nil, err
		}
		out.LogGroups = append(out.LogGroups, shown)
	}
	return out, nil
}

func pageSize(limit *int32) int {
	if limit == nil {
		return defaultPage
	}
	return int(*limit)
}

func (h *Handlers) groupToWire(g *logs.Group) (LogGroup, error) {
	size, err := h.Engine.Size(g.ID)
	if err != nil {
		return LogGroup{}, err
	}
	return LogGroup{
		LogGroupName: wire.Ptr(g.Name), CreationTime: wire.Ptr(g.CreatedAt.UnixMilli()),
		RetentionInDays: wire.Optional(int32(g.RetentionDays)), MetricFilterCount: wire.Ptr(int32(0)),
		Arn: wire.Ptr(g.ARN() + ":*"), LogGroupArn: wire.Ptr(g.ARN()), StoredBytes: wire.Ptr(size),
		LogGroupClass: wire.Ptr(standardClass), DeletionProtectionEnabled: wire.Ptr(g.Protected),
	}, nil
}
