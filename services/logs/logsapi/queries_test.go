package logsapi

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws"
)

// query starts a query over all that a group has.
func (w *world) query(group, text string) *StartQueryInput {
	return &StartQueryInput{
		LogGroupName: &group, QueryString: &text,
		StartTime: p(w.at(24*time.Hour) / 1000), EndTime: p(w.at(0) / 1000),
	}
}

// results starts a query and waits until it has ended.
func (w *world) results(in *StartQueryInput) *GetQueryResultsOutput {
	w.t.Helper()
	return w.ended(*must(w.StartQuery(w.ctx, in))(w.t).QueryId)
}

func (w *world) ended(id string) *GetQueryResultsOutput {
	w.t.Helper()
	for {
		out := must(w.GetQueryResults(w.ctx, &GetQueryResultsInput{QueryId: &id}))(w.t)
		if *out.Status != queryScheduled && *out.Status != queryRunning {
			return out
		}
		time.Sleep(time.Millisecond)
	}
}

// rows prints results, a line a row.
func rows(out *GetQueryResultsOutput) string {
	var lines []string
	for _, row := range out.Results {
		var fields []string
		for _, f := range row {
			if *f.Field != "@ptr" {
				fields = append(fields, *f.Field+"="+*f.Value)
			}
		}
		lines = append(lines, strings.Join(fields, " "))
	}
	return strings.Join(lines, "\n")
}

func TestQuery(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "a")
	w.stream("g", "b")
	w.stream("h", "c")
	w.put("g", "a", `{"level":"error","ms":5}`, `{"level":"info","ms":7}`)
	w.put("g", "b", `{"level":"error","ms":9}`)
	w.put("h", "c", "plain")
	out := w.results(w.query("g", `fields @timestamp, @logStream, level | filter ms > 5 | sort @logStream`))
	want := "@timestamp=2026-11-20 22:00:00.000 @logStream=a level=info\n@timestamp=2026-11-20 22:00:00.000 @logStream=b level=error"
	if got := rows(out); got != want || *out.Status != queryComplete {
		t.Errorf("%s:\n%s", *out.Status, got)
	}
	if s := out.Statistics; *s.RecordsMatched != 2 || *s.RecordsScanned != 3 || *s.BytesScanned != 71 || *s.LogGroupsScanned != 1 {
		t.Errorf("%v of %v, %v bytes, %v groups", *s.RecordsMatched, *s.RecordsScanned, *s.BytesScanned, *s.LogGroupsScanned)
	}
	in := w.query("", "stats count(*) by @log")
	in.LogGroupName, in.LogGroupIdentifiers = nil, []string{"g", "arn:aws:logs:eu-west-1:000000000000:log-group:h", "g"}
	if got := rows(w.results(in)); got != "@log=000000000000:g count(*)=3\n@log=000000000000:h count(*)=1" {
		t.Errorf("two groups:\n%s", got)
	}
	in.Limit = p(int32(1))
	if got := rows(w.results(in)); got != "@log=000000000000:g count(*)=3" {
		t.Errorf("limit: %s", got)
	}
}

func TestQueryTimes(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.put("g", "s", numbered(10)...)
	in := w.query("g", "fields @message | sort @timestamp asc")
	in.StartTime, in.EndTime = p(w.at(5*time.Second)/1000), p(w.at(3*time.Second)/1000)
	if got := rows(w.results(in)); got != "@message=m4\n@message=m5\n@message=m6" {
		t.Errorf("both ends belong to it:\n%s", got)
	}
	in.EndTime = p(int64(1) << 62)
	if got := w.results(in); len(got.Results) != 6 {
		t.Errorf("to the end of time: %d rows", len(got.Results))
	}
	w.clock.now = w.clock.now.Add(23 * time.Hour)
	must(w.PutRetentionPolicy(w.ctx, &PutRetentionPolicyInput{LogGroupName: p("g"), RetentionInDays: p(int32(1))}))(t)
	w.clock.now = w.clock.now.Add(time.Hour - 2*time.Second)
	in.StartTime = p(int64(0))
	if got := w.results(in); *got.Statistics.RecordsScanned != 3 {
		t.Errorf("expired events are scanned: %v", *got.Statistics.RecordsScanned)
	}
	in.EndTime = p(w.at(48*time.Hour) / 1000)
	if got := w.results(in); *got.Status != queryComplete || *got.Statistics.RecordsScanned != 0 {
		t.Errorf("all has expired: %s, %v", *got.Status, *got.Statistics.RecordsScanned)
	}
}

func TestQueryPages(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.put("g", "s", numbered(25)...)
	id := must(w.StartQuery(w.ctx, w.query("g", "fields @message")))(t).QueryId
	w.ended(*id)
	var got []string
	var token *string
	for {
		out := must(w.GetQueryResults(w.ctx, &GetQueryResultsInput{QueryId: id, MaxItems: p(int32(10)), NextToken: token}))(t)
		for _, row := range out.Results {
			got = append(got, *row[0].Value)
		}
		if token = out.NextToken; token == nil {
			break
		}
	}
	if len(got) != 25 || got[0] != "m24" || got[24] != "m0" {
		t.Errorf("%v", got)
	}
	other := w.results(w.query("g", "fields @message | limit 3"))
	if other.NextToken != nil {
		t.Error("a token behind the last row")
	}
	for _, bad := range []string{"x", "", rowToken(&query{id: "other"}, 1), rowToken(&query{id: *id}, 26), rowToken(&query{id: *id}, -1)} {
		_, err := w.GetQueryResults(w.ctx, &GetQueryResultsInput{QueryId: id, NextToken: &bad})
		refused(t, err, "InvalidParameterException", "nextToken")
	}
}

func TestQueryRefusals(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	for _, c := range []struct {
		change     func(*StartQueryInput)
		code, text string
	}{
		{func(in *StartQueryInput) { in.QueryLanguage = p("SQL") }, "InvalidParameterException", "SQL"},
		{func(in *StartQueryInput) { in.LogGroupName = nil }, "InvalidParameterException", "Exactly one"},
		{func(in *StartQueryInput) { in.LogGroupNames = []string{"g"} }, "InvalidParameterException", "Exactly one"},
		{func(in *StartQueryInput) { in.LogGroupName, in.LogGroupNames = nil, make([]string, 51) }, "InvalidParameterException", "at most 50"},
		{func(in *StartQueryInput) { in.LogGroupName = p("absent") }, "ResourceNotFoundException", "does not exist"},
		{func(in *StartQueryInput) { in.StartTime = p(*in.EndTime + 1) }, "InvalidParameterException", "End time"},
		{func(in *StartQueryInput) { in.QueryString = p("fields @message | count()") }, "MalformedQueryException", "unexpected symbol found count at line 1 and position 18"},
		{func(in *StartQueryInput) { in.QueryString = p("pattern @message") }, "MalformedQueryException", "pattern"},
	} {
		in := w.query("g", "fields @message")
		c.change(in)
		_, err := w.StartQuery(w.ctx, in)
		refused(t, err, c.code, c.text)
	}
	_, err := w.StartQuery(w.ctx, w.query("g", "fields é |\n sort 5"))
	var e *aws.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	compile := e.Fields["queryCompileError"].(map[string]any)
	location := compile["location"].(map[string]int)
	if location["startCharOffset"] != 17 || location["endCharOffset"] != 18 || compile["message"] != e.Message {
		t.Errorf("%v", compile)
	}
}
