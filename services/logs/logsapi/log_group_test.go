package logsapi

import (
	"maps"
	"slices"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/logs"
)

func TestGroups(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"/app/web", "/app/db", "/other"} {
		must(w.CreateLogGroup(w.ctx, &CreateLogGroupInput{LogGroupName: &name, Tags: map[string]string{"a": "1"}}))(t)
	}
	_, err := w.CreateLogGroup(w.ctx, &CreateLogGroupInput{LogGroupName: p("/other")})
	refused(t, err, "ResourceAlreadyExistsException", "The specified log group already exists")
	list := func(in DescribeLogGroupsInput) (names []string) {
		for {
			out := must(w.DescribeLogGroups(w.ctx, &in))(t)
			for _, g := range out.LogGroups {
				names = append(names, *g.LogGroupName)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return names
			}
		}
	}
	for _, c := range []struct {
		in   DescribeLogGroupsInput
		want []string
	}{
		{DescribeLogGroupsInput{Limit: p(int32(2))}, []string{"/app/db", "/app/web", "/other"}},
		{DescribeLogGroupsInput{LogGroupNamePrefix: p("/app")}, []string{"/app/db", "/app/web"}},
		{DescribeLogGroupsInput{LogGroupNamePattern: p("WEB")}, []string{"/app/web"}},
		{DescribeLogGroupsInput{LogGroupClass: p("INFREQUENT_ACCESS")}, nil},
		{DescribeLogGroupsInput{LogGroupIdentifiers: []string{"/other"}}, []string{"/other"}},
	} {
		if got := list(c.in); !slices.Equal(got, c.want) {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
	_, err = w.DescribeLogGroups(w.ctx, &DescribeLogGroupsInput{LogGroupNamePattern: p("a"), LogGroupNamePrefix: p("a")})
	refused(t, err, "InvalidParameterException", "mutually exclusive")
	_, err = w.DescribeLogGroups(w.ctx, &DescribeLogGroupsInput{NextToken: p("?")})
	refused(t, err, "InvalidParameterException", "nextToken")
	for _, in := range []CreateLogGroupInput{{LogGroupName: p("x"), KmsKeyId: p("k")}, {LogGroupName: p("x"), LogGroupClass: p("DELIVERY")}, {LogGroupName: p("x"), Tags: map[string]string{"aws:x": ""}}} {
		_, err := w.CreateLogGroup(w.ctx, &in)
		refused(t, err, "InvalidParameterException", "")
	}
}

// TestDeleted: a group made again under the same name is empty.
func TestDeleted(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		w.stream("g", "s")
		if n := len(must(w.GetLogEvents(w.ctx, &GetLogEventsInput{LogGroupName: p("g"), LogStreamName: p("s")}))(t).Events); n != 0 {
			t.Errorf("%d events in a new stream", n)
		}
		w.put("g", "s", "a")
		protect := func(on bool) {
			must(w.PutLogGroupDeletionProtection(w.ctx, &PutLogGroupDeletionProtectionInput{LogGroupIdentifier: p("g"), DeletionProtectionEnabled: &on}))(t)
		}
		protect(true)
		_, err := w.DeleteLogGroup(w.ctx, &DeleteLogGroupInput{LogGroupName: p("g")})
		refused(t, err, "ValidationException", "deletion protection")
		_, err = w.DeleteLogStream(w.ctx, &DeleteLogStreamInput{LogGroupName: p("g"), LogStreamName: p("s")})
		refused(t, err, "ValidationException", "deletion protection")
		protect(false)
		must(w.DeleteLogGroup(w.ctx, &DeleteLogGroupInput{LogGroupName: p("g")}))(t)
	}
	n := 0
	for range logs.Remains.All(w.Store.Snapshot()) {
		n++
	}
	if n != 2 {
		t.Errorf("%d groups to bury", n)
	}
	_, err := w.DeleteLogGroup(w.ctx, &DeleteLogGroupInput{LogGroupName: p("g")})
	refused(t, err, "ResourceNotFoundException", "The specified log group does not exist.")
}

func TestStreams(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "b")
	w.stream("g", "a")
	w.stream("g", "c")
	_, err := w.CreateLogStream(w.ctx, &CreateLogStreamInput{LogGroupName: p("g"), LogStreamName: p("a")})
	refused(t, err, "ResourceAlreadyExistsException", "The specified log stream already exists")
	w.put("g", "b", "1", "2")
	w.clock.now = w.clock.now.Add(time.Minute)
	w.put("g", "a", "3")
	list := func(in DescribeLogStreamsInput) (names []string) {
		in.LogGroupName, in.Limit = p("g"), p(int32(1))
		for {
			out := must(w.DescribeLogStreams(w.ctx, &in))(t)
			for _, s := range out.LogStreams {
				names = append(names, *s.LogStreamName)
				if *s.LogStreamName == "b" && *s.LastEventTimestamp-*s.FirstEventTimestamp != 1000 {
					t.Errorf("times of b: %d, %d", *s.FirstEventTimestamp, *s.LastEventTimestamp)
				}
				if *s.LogStreamName == "c" && s.FirstEventTimestamp != nil {
					t.Error("an empty stream has a first event")
				}
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return names
			}
		}
	}
	for _, c := range []struct {
		in   DescribeLogStreamsInput
		want []string
	}{
		{DescribeLogStreamsInput{}, []string{"a", "b", "c"}},
		{DescribeLogStreamsInput{Descending: p(true)}, []string{"c", "b", "a"}},
		{DescribeLogStreamsInput{OrderBy: p(byLastEvent)}, []string{"c", "b", "a"}},
		{DescribeLogStreamsInput{OrderBy: p(byLastEvent), Descending: p(true)}, []string{"a", "b", "c"}},
		{DescribeLogStreamsInput{LogStreamNamePrefix: p("b")}, []string{"b"}},
	} {
		if got := list(c.in); !slices.Equal(got, c.want) {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
	_, err = w.DescribeLogStreams(w.ctx, &DescribeLogStreamsInput{LogGroupName: p("g"), OrderBy: p(byLastEvent), LogStreamNamePrefix: p("b")})
	refused(t, err, "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
	must(w.DeleteLogStream(w.ctx, &DeleteLogStreamInput{LogGroupName: p("g"), LogStreamName: p("b")}))(t)
	if got := list(DescribeLogStreamsInput{}); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("after a deletion: %v", got)
	}
}

func TestRetention(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	_, err := w.PutRetentionPolicy(w.ctx, &PutRetentionPolicyInput{LogGroupName: p("g"), RetentionInDays: p(int32(2))})
	refused(t, err, "InvalidParameterException", "retentionInDays")
	must(w.PutRetentionPolicy(w.ctx, &PutRetentionPolicyInput{LogGroupName: p("g"), RetentionInDays: p(int32(7))}))(t)
	if g := must(w.DescribeLogGroups(w.ctx, &DescribeLogGroupsInput{}))(t).LogGroups[0]; *g.RetentionInDays != 7 {
		t.Errorf("%d days", *g.RetentionInDays)
	}
	must(w.DeleteRetentionPolicy(w.ctx, &DeleteRetentionPolicyInput{LogGroupName: p("g")}))(t)
	if g := must(w.DescribeLogGroups(w.ctx, &DescribeLogGroupsInput{}))(t).LogGroups[0]; g.RetentionInDays != nil {
		t.Errorf("%d days", *g.RetentionInDays)
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	w.stream("g", "s")
	arn := p("arn:aws:logs:eu-west-1:000000000000:log-group:g")
	must(w.TagResource(w.ctx, &TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": "2"}}))(t)
	must(w.TagLogGroup(w.ctx, &TagLogGroupInput{LogGroupName: p("g"), Tags: map[string]string{"c": "3"}}))(t)
	must(w.UntagResource(w.ctx, &UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "none"}}))(t)
	must(w.UntagLogGroup(w.ctx, &UntagLogGroupInput{LogGroupName: p("g"), Tags: []string{"c"}}))(t)
	want := map[string]string{"b": "2"}
	if got := must(w.ListTagsForResource(w.ctx, &ListTagsForResourceInput{ResourceArn: arn}))(t).Tags; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := must(w.ListTagsLogGroup(w.ctx, &ListTagsLogGroupInput{LogGroupName: p("g")}))(t).Tags; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	_, err := w.TagResource(w.ctx, &TagResourceInput{ResourceArn: p("arn:aws:logs:eu-west-1:000000000000:log-group:no"), Tags: want})
	refused(t, err, "ResourceNotFoundException", "log group")
	_, err = w.TagResource(w.ctx, &TagResourceInput{ResourceArn: arn, Tags: map[string]string{"AWS:x": ""}})
	refused(t, err, "InvalidParameterException", "reserved")
}
