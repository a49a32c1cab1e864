package logsapi

import (
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

func TestQueryDefinitions(t *testing.T) {
	w := newWorld(t)
	put := func(in PutQueryDefinitionInput) string {
		t.Helper()
		return *must(w.PutQueryDefinition(w.ctx, &in))(t).QueryDefinitionId
	}
	token := p(strings.Repeat("t", 36))
	id := put(PutQueryDefinitionInput{Name: p("app/errors"), QueryString: p("filter x"), LogGroupNames: []string{"g"}, ClientToken: token})
	if again := put(PutQueryDefinitionInput{Name: p("app/errors"), QueryString: p("filter x"), ClientToken: token}); again != id {
		t.Error("a request that came twice made two")
	}
	put(PutQueryDefinitionInput{Name: p("other"), QueryString: p("fields a")})
	if again := put(PutQueryDefinitionInput{QueryDefinitionId: &id, Name: p("app/all"), QueryString: p("fields @message")}); again != id {
		t.Errorf("updated %s as %s", id, again)
	}
	all := must(w.DescribeQueryDefinitions(w.ctx, &DescribeQueryDefinitionsInput{}))(t).QueryDefinitions
	app := must(w.DescribeQueryDefinitions(w.ctx, &DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: p("app/")}))(t).QueryDefinitions
	if len(all) != 2 || len(app) != 1 {
		t.Fatalf("%d, %d", len(all), len(app))
	}
	if d := app[0]; *d.QueryDefinitionId != id || *d.Name != "app/all" || *d.QueryString != "fields @message" || d.LogGroupNames != nil || *d.LastModified != w.at(0) {
		t.Errorf("%+v", d)
	}
	first := must(w.DescribeQueryDefinitions(w.ctx, &DescribeQueryDefinitionsInput{MaxResults: p(int32(1))}))(t)
	second := must(w.DescribeQueryDefinitions(w.ctx, &DescribeQueryDefinitionsInput{MaxResults: p(int32(1)), NextToken: first.NextToken}))(t)
	if *first.QueryDefinitions[0].QueryDefinitionId >= *second.QueryDefinitions[0].QueryDefinitionId || second.NextToken != nil {
		t.Error("pages")
	}
	if out := must(w.DeleteQueryDefinition(w.ctx, &DeleteQueryDefinitionInput{QueryDefinitionId: &id}))(t); !*out.Success {
		t.Error("not deleted")
	}
	_, err := w.DeleteQueryDefinition(w.ctx, &DeleteQueryDefinitionInput{QueryDefinitionId: &id})
	refused(t, err, "ResourceNotFoundException", "definition")
	_, err = w.PutQueryDefinition(w.ctx, &PutQueryDefinitionInput{QueryDefinitionId: &id, Name: p("x"), QueryString: p("x")})
	refused(t, err, "ResourceNotFoundException", "definition")
	_, err = w.PutQueryDefinition(w.ctx, &PutQueryDefinitionInput{Name: p("x"), QueryString: p("x"), QueryLanguage: p("PPL")})
	refused(t, err, "InvalidParameterException", "PPL")
	_, err = w.PutQueryDefinition(w.ctx, &PutQueryDefinitionInput{Name: p("x"), QueryString: p("x"), Parameters: []QueryParameter{{}}})
	refused(t, err, "InvalidParameterException", "parameters")
	_, err = w.DescribeQueryDefinitions(w.ctx, &DescribeQueryDefinitionsInput{NextToken: p("x")})
	refused(t, err, "InvalidParameterException", "nextToken")
}

func TestTooManyDefinitions(t *testing.T) {
	w := newWorld(t)
	err := w.change(w.ctx, func(tx *store.Txn, s aws.Scope) error {
		for range 1000 {
			if _, err := logs.PutQueryDefinition(tx, logs.QueryDefinition{Scope: s, ID: w.uuid()}, false); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.PutQueryDefinition(w.ctx, &PutQueryDefinitionInput{Name: p("x"), QueryString: p("x")})
	refused(t, err, "LimitExceededException", "1000")
}

func TestGetLogRecord(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	w.put("g", "s", "plain")
	w.put("g", "s", `{"a":{"b":true},"@c":[1.50]}`)
	pointer := func(text string) *string {
		rows := w.results(w.query("g", text)).Results
		return rows[0][len(rows[0])-1].Value
	}
	ptr := pointer("fields @message | filter a.b = 1")
	got := must(w.GetLogRecord(w.ctx, &GetLogRecordInput{LogRecordPointer: ptr}))(t).LogRecord
	want := map[string]string{
		"@message": `{"a":{"b":true},"@c":[1.50]}`, "@log": "000000000000:g", "@logStream": "s", "@ptr": *ptr,
		"@timestamp": "1795212000000", "@ingestionTime": "1795212000000", "a.b": "1", "@@c.0": "1.50",
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	_, err := w.GetLogRecord(w.ctx, &GetLogRecordInput{LogRecordPointer: p("x")})
	refused(t, err, "InvalidParameterException", "pointer")
	_, err = w.GetLogRecord(w.ctx, &GetLogRecordInput{LogRecordPointer: ptr, Unmask: p(true)})
	refused(t, err, "InvalidParameterException", "unmask")
	other := aws.WithCaller(t.Context(), aws.Caller{Account: "111111111111", Region: "eu-west-1"})
	_, err = w.GetLogRecord(other, &GetLogRecordInput{LogRecordPointer: ptr})
	refused(t, err, "ResourceNotFoundException", "record")
	must(w.DeleteLogStream(w.ctx, &DeleteLogStreamInput{LogGroupName: p("g"), LogStreamName: p("s")}))(t)
	_, err = w.GetLogRecord(w.ctx, &GetLogRecordInput{LogRecordPointer: ptr})
	refused(t, err, "ResourceNotFoundException", "record")
}
