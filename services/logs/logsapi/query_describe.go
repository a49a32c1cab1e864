package logsapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/page"
	"kaimon.dev/kaimon/aws/wire"
)

// maxDescribed is how many queries or definitions an answer holds (API
// Reference, "DescribeQueries").
const maxDescribed = 1000

// DescribeQueries implements API: the newest first.
func (h *Handlers) DescribeQueries(ctx context.Context, in *DescribeQueriesInput) (*DescribeQueriesOutput, error) {
	scope := aws.CallerFrom(ctx).Scope()
	language := wire.Val(in.QueryLanguage)
	h.queries.mu.Lock()
	defer h.queries.mu.Unlock()
	var found []*query
	for _, q := range slices.Backward(h.queries.all) {
		if q.caller.Scope() == scope &&
			(in.LogGroupName == nil || slices.Contains(q.groups, *in.LogGroupName)) &&
			(in.Status == nil || q.status == *in.Status) && (language == "" || language == queryLanguage) {
			found = append(found, q)
		}
	}
	// The page's keys grow with age.
	key := func(q *query) string { return fmt.Sprintf("%020d/%s", ^uint64(q.createdAt.UnixMilli()), q.id) }
	slices.SortStableFunc(found, func(a, b *query) int { return strings.Compare(key(a), key(b)) })
	found, next, ok := page.Cut("DescribeQueries", wire.Val(in.NextToken), describedSize(in.MaxResults), found, key, strings.Compare)
	if !ok {
		return nil, badToken()
	}
	out := &DescribeQueriesOutput{Queries: []QueryInfo{}, NextToken: wire.Optional(next)}
	for _, q := range found {
		out.Queries = append(out.Queries, QueryInfo{
			QueryLanguage: wire.Ptr(queryLanguage), QueryId: &q.id, QueryString: &q.text, Status: wire.Ptr(q.status),
			CreateTime: wire.Ptr(q.createdAt.UnixMilli()), LogGroupName: &q.groups[0],
			QueryDuration: wire.Ptr(q.duration.Milliseconds()), BytesScanned: wire.Ptr(float64(q.bytes)),
			UserIdentity: wire.Optional(q.caller.ARN),
		})
	}
	return out, nil
}

func describedSize(n *int32) int { return int(cmp.Or(wire.Val(n), maxDescribed)) }
