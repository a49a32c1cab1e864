package logsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/insights"
)

// gate is an engine whose readers wait until it is opened, or until they are stopped.
type gate struct {
	logs.Engine
	open    chan struct{}
	waiting atomic.Int32
}

func (g *gate) ReadStream(ctx context.Context, s logline.Stream, r logline.Range, reverse bool, visit func(logline.Event) bool) error {
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	select {
	case <-g.open:
		return g.Engine.ReadStream(ctx, s, r, reverse, visit)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gated makes the world's queries wait.
func (w *world) gated() *gate {
	g := &gate{Engine: w.Engine, open: make(chan struct{})}
	w.Engine = g
	w.t.Cleanup(w.Close)
	return g
}

func (w *world) status(id *string) string {
	w.t.Helper()
	return *must(w.GetQueryResults(w.ctx, &GetQueryResultsInput{QueryId: id}))(w.t).Status
}

// until waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 5000 {
		if holds() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func TestStopQuery(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.put("g", "s", "m")
	g := w.gated()
	id := must(w.StartQuery(w.ctx, w.query("g", "fields @message")))(t).QueryId
	eventually(t, "the query reads", func() bool { return g.waiting.Load() == 1 })
	if got := w.status(id); got != queryRunning {
		t.Error(got)
	}
	if out := must(w.StopQuery(w.ctx, &StopQueryInput{QueryId: id}))(t); !*out.Success {
		t.Error("not stopped")
	}
	if got := w.status(id); got != queryCancelled {
		t.Error(got)
	}
	eventually(t, "its reader ends", func() bool { return g.waiting.Load() == 0 })
	_, err := w.StopQuery(w.ctx, &StopQueryInput{QueryId: id})
	refused(t, err, "InvalidParameterException", "not running")
	for _, other := range []context.Context{w.ctx, aws.WithCaller(t.Context(), aws.Caller{Account: "111111111111", Region: "eu-west-1"})} {
		absent := *id
		if other == w.ctx {
			absent = "absent"
		}
		_, err = w.StopQuery(other, &StopQueryInput{QueryId: &absent})
		refused(t, err, "ResourceNotFoundException", "query")
		_, err = w.GetQueryResults(other, &GetQueryResultsInput{QueryId: &absent})
		refused(t, err, "ResourceNotFoundException", "query")
	}
}

// TestManyQueries holds that few run at once, all are run, and too many refused.
func TestManyQueries(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.put("g", "s", "m")
	g := w.gated()
	var ids []*string
	for range maxQueries {
		ids = append(ids, must(w.StartQuery(w.ctx, w.query("g", "fields @message")))(t).QueryId)
	}
	eventually(t, "some read", func() bool { return g.waiting.Load() == queriesAtOnce })
	states := map[string]int{}
	for _, id := range ids {
		states[w.status(id)]++
	}
	if states[queryRunning] != queriesAtOnce || states[queryScheduled] != maxQueries-queriesAtOnce {
		t.Errorf("%v", states)
	}
	_, err := w.StartQuery(w.ctx, w.query("g", "fields @message"))
	refused(t, err, "LimitExceededException", "[100]")
	must(w.StopQuery(w.ctx, &StopQueryInput{QueryId: ids[maxQueries-1]}))(t)
	must(w.StartQuery(w.ctx, w.query("g", "fields @message")))(t)
	close(g.open)
	for _, id := range ids[:maxQueries-1] {
		if out := w.ended(*id); *out.Status != queryComplete || len(out.Results) != 1 {
			t.Errorf("%s with %d rows", *out.Status, len(out.Results))
		}
	}
}

// TestClose holds that no query reads events once the server has closed them.
func TestClose(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.put("g", "s", "m")
	g := w.gated()
	for range 2 * queriesAtOnce {
		must(w.StartQuery(w.ctx, w.query("g", "fields @message")))(t)
	}
	w.Close()
	if n := g.waiting.Load(); n != 0 {
		t.Errorf("%d still read", n)
	}
	_, err := w.StartQuery(w.ctx, w.query("g", "fields @message"))
	refused(t, err, "ServiceUnavailableException", "")
}

func TestOutcomes(t *testing.T) {
	w := newWorld(t)
	for err, want := range map[error]string{
		insights.ErrMemory: queryFailed, context.DeadlineExceeded: queryTimeout, context.Canceled: queryCancelled, errors.New("disk"): queryFailed,
	} {
		q := &query{id: err.Error(), caller: aws.CallerFrom(w.ctx), groups: []string{"g"}, createdAt: w.clock.now}
		if err := w.start(q, func(context.Context, *query) ([][]insights.Field, error) { return nil, err }); err != nil {
			t.Fatal(err)
		}
		if got := w.ended(q.id); *got.Status != want {
			t.Errorf("%v: %s, want %s", err, *got.Status, want)
		}
	}
}

// TestForget drops what is old or too much, but nothing that is under way.
func TestForget(t *testing.T) {
	now := time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)
	left := func(s *queries) string {
		s.forget(now)
		var ids []string
		for _, q := range s.all {
			ids = append(ids, q.id)
		}
		return strings.Join(ids, " ")
	}
	q := func(id, status string, age time.Duration, size int) *query {
		return &query{id: id, status: status, createdAt: now.Add(-age), size: size}
	}
	s := &queries{all: []*query{
		q("old", queryComplete, 25*time.Hour, 0), q("oldest", queryRunning, 26*time.Hour, 0), q("young", queryFailed, time.Hour, 0),
	}}
	if got := left(s); got != "oldest young" {
		t.Error(got)
	}
	s = &queries{all: []*query{
		q("a", queryComplete, 2, resultsKept/2), q("b", queryComplete, 1, resultsKept/2), q("c", queryComplete, 0, 2*resultsKept),
	}}
	if got := left(s); got != "c" {
		t.Error(got)
	}
	s = &queries{}
	for i := range queriesKept + 2 {
		s.all = append(s.all, q(fmt.Sprint(i), queryComplete, 0, 1))
	}
	if left(s); len(s.all) != queriesKept || s.all[0].id != "2" {
		t.Errorf("%d left", len(s.all))
	}
}

func TestDescribeQueries(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.stream("h", "s")
	var ids []string
	for _, group := range []string{"g", "g", "h"} {
		id := *must(w.StartQuery(w.ctx, w.query(group, "fields @message")))(t).QueryId
		w.ended(id)
		ids = append([]string{id}, ids...)
		w.clock.now = w.clock.now.Add(time.Second)
	}
	describe := func(in DescribeQueriesInput) (found []string, next *string) {
		out := must(w.DescribeQueries(w.ctx, &in))(t)
		for _, q := range out.Queries {
			found = append(found, *q.QueryId)
		}
		return found, out.NextToken
	}
	if got, _ := describe(DescribeQueriesInput{}); !slices.Equal(got, ids) {
		t.Errorf("%v, want the newest first: %v", got, ids)
	}
	if got, _ := describe(DescribeQueriesInput{LogGroupName: p("g")}); !slices.Equal(got, ids[1:]) {
		t.Errorf("of g: %v", got)
	}
	for status, n := range map[string]int{queryComplete: 3, queryRunning: 0} {
		if got, _ := describe(DescribeQueriesInput{Status: &status}); len(got) != n {
			t.Errorf("%s: %v", status, got)
		}
	}
	if got, _ := describe(DescribeQueriesInput{QueryLanguage: p("PPL")}); len(got) != 0 {
		t.Errorf("of another language: %v", got)
	}
	page, next := describe(DescribeQueriesInput{MaxResults: p(int32(2))})
	rest, _ := describe(DescribeQueriesInput{MaxResults: p(int32(2)), NextToken: next})
	if !slices.Equal(append(page, rest...), ids) {
		t.Errorf("pages %v, %v", page, rest)
	}
	_, err := w.DescribeQueries(w.ctx, &DescribeQueriesInput{NextToken: p("x")})
	refused(t, err, "InvalidParameterException", "nextToken")
	q := must(w.DescribeQueries(w.ctx, &DescribeQueriesInput{}))(t).Queries[0]
	if *q.LogGroupName != "h" || *q.QueryString != "fields @message" || *q.Status != queryComplete || *q.CreateTime != w.at(time.Second) || *q.QueryLanguage != "CWLI" {
		t.Errorf("%+v", q)
	}
}
