package logsapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/insights"
	"kaimon.dev/kaimon/store"
)

const (
	// queryLanguage is the one language that is served.
	queryLanguage = "CWLI"
	// maxQueryGroups is how many groups a query may name, maxPage how many rows
	// an answer may have (API Reference, "StartQuery", "GetQueryResults").
	maxQueryGroups = 50
	maxPage        = 10000
)

// StartQuery implements API.
func (h *Handlers) StartQuery(ctx context.Context, in *StartQueryInput) (*StartQueryOutput, error) {
	r, scope := h.open(ctx)
	if err := checkLanguage(in.QueryLanguage); err != nil {
		return nil, err
	}
	groups, err := queried(r, scope, in)
	if err != nil {
		return nil, err
	}
	from, to := wire.Val(in.StartTime), wire.Val(in.EndTime)
	if from > to {
		return nil, logs.InvalidParameter("End time should not be less than start time.")
	}
	now := h.Clock.Now()
	compiled, err := insights.Compile(wire.Val(in.QueryString), insights.Options{Limit: int(wire.Val(in.Limit)), Now: now})
	if err != nil {
		return nil, malformed(err)
	}
	q := &query{id: h.uuid(), text: wire.Val(in.QueryString), caller: aws.CallerFrom(ctx), createdAt: now}
	for _, g := range groups {
		q.groups = append(q.groups, g.Name)
	}
	s := &search{
		query: compiled, engine: h.Engine,
		stretches: h.stretchesOf(r, groups, logline.Range{From: milliseconds(from), To: milliseconds(to + 1)}),
	}
	err = h.start(q, func(ctx context.Context, q *query) ([][]insights.Field, error) {
		return s.run(ctx, func(p progress) {
			h.queries.change(func() {
				q.scanned += p.scanned
				q.matched += p.matched
				q.bytes += p.bytes
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return &StartQueryOutput{QueryId: &q.id}, nil
}

// milliseconds turns seconds into milliseconds, as far as there are any.
func milliseconds(seconds int64) int64 {
	if seconds < 0 || seconds > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return seconds * 1000
}

func checkLanguage(language *string) error {
	if language != nil && *language != queryLanguage {
		return logs.InvalidParameter("The query language %s is not supported by Kaimon.", *language)
	}
	return nil
}

// queried finds the groups that a query names.
func queried(r store.Reader, s aws.Scope, in *StartQueryInput) ([]*logs.Group, error) {
	var lists [][]string
	if in.LogGroupName != nil {
		lists = append(lists, []string{*in.LogGroupName})
	}
	for _, list := range [][]string{in.LogGroupNames, in.LogGroupIdentifiers} {
		if len(list) > 0 {
			lists = append(lists, list)
		}
	}
	if len(lists) != 1 {
		return nil, logs.InvalidParameter("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.")
	}
	if len(lists[0]) > maxQueryGroups {
		return nil, logs.InvalidParameter("A query can have at most %d log groups.", maxQueryGroups)
	}
	var groups []*logs.Group
	for _, identifier := range lists[0] {
		name, err := logs.ParseGroup(s, identifier)
		if err != nil {
			return nil, err
		}
		g, err := logs.FindGroup(r, s, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// malformed is a query's error in AWS's form, with its place.
func malformed(err error) error {
	var e *insights.Error
	if !errors.As(err, &e) {
		return err
	}
	out := aws.Errorf("MalformedQueryException", "%s", e.Message)
	out.Fields = map[string]any{"queryCompileError": map[string]any{
		"location": map[string]int{"startCharOffset": e.Start, "endCharOffset": e.End},
		"message":  e.Message,
	}}
	return out
}

// uuid makes an ID of AWS's form.
func (h *Handlers) uuid() string {
	x := h.Hex(16)
	return fmt.Sprintf("%s-%s-%s-%s-%s", x[:8], x[8:12], x[12:16], x[16:20], x[20:])
}

// GetQueryResults implements API. There are rows once the query is complete.
func (h *Handlers) GetQueryResults(ctx context.Context, in *GetQueryResultsInput) (*GetQueryResultsOutput, error) {
	h.queries.mu.Lock()
	defer h.queries.mu.Unlock()
	q, err := h.queries.find(aws.CallerFrom(ctx).Scope(), wire.Val(in.QueryId))
	if err != nil {
		return nil, err
	}
	from := 0
	if in.NextToken != nil {
		if from, err = parseRowToken(q, *in.NextToken); err != nil {
			return nil, err
		}
	}
	size := int(wire.Val(in.MaxItems))
	if size == 0 {
		size = maxPage
	}
	to := min(from+size, len(q.rows))
	out := &GetQueryResultsOutput{
		QueryLanguage: wire.Ptr(queryLanguage), Status: wire.Ptr(q.status), Results: make([][]ResultField, 0, to-from),
		Statistics: &QueryStatistics{
			RecordsMatched: wire.Ptr(float64(q.matched)), RecordsScanned: wire.Ptr(float64(q.scanned)),
			BytesScanned: wire.Ptr(float64(q.bytes)), LogGroupsScanned: wire.Ptr(float64(len(q.groups))),
			EstimatedRecordsSkipped: wire.Ptr(0.0), EstimatedBytesSkipped: wire.Ptr(0.0),
		},
	}
	for _, row := range q.rows[from:to] {
		fields := make([]ResultField, len(row))
		for i := range row {
			fields[i] = ResultField{Field: &row[i].Name, Value: &row[i].Value}
		}
		out.Results = append(out.Results, fields)
	}
	if to < len(q.rows) {
		out.NextToken = wire.Ptr(rowToken(q, to))
	}
	return out, nil
}

// rowToken names a row of a query's result.
func rowToken(q *query, row int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s/%d", q.id, row))
}

func parseRowToken(q *query, token string) (int, error) {
	b, _ := base64.RawURLEncoding.DecodeString(token)
	digits, ok := strings.CutPrefix(string(b), q.id+"/")
	row, err := strconv.Atoi(digits)
	if !ok || err != nil || row < 0 || row > len(q.rows) {
		return 0, badToken()
	}
	return row, nil
}

// StopQuery implements API.
func (h *Handlers) StopQuery(ctx context.Context, in *StopQueryInput) (*StopQueryOutput, error) {
	h.queries.mu.Lock()
	defer h.queries.mu.Unlock()
	q, err := h.queries.find(aws.CallerFrom(ctx).Scope(), wire.Val(in.QueryId))
	if err != nil {
		return nil, err
	}
	if q.ended() {
		return nil, logs.InvalidParameter("The specified query is not running.")
	}
	q.status = queryCancelled
	q.cancel()
	return &StopQueryOutput{Success: wire.Ptr(true)}, nil
}
