package logsapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/tap"
)

// tailing is a world whose engine has a tap.
func tailing(t *testing.T) *world {
	w := newWorld(t)
	w.Tails = tap.NewTails()
	w.Engine = tap.Engine{Engine: w.Engine, Listeners: []tap.Listener{w.Tails}}
	return w
}

func (w *world) arn(group string) string {
	return logs.GroupARN(aws.Scope{Account: "000000000000", Region: "eu-west-1"}, group)
}

// session follows a live tail for some seconds; while says what happens in each.
// It returns a line for each update, and how the session ended.
func (w *world) session(in *StartLiveTailInput, seconds int, while func(second int)) ([]string, error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	out := must(w.StartLiveTail(ctx, in))(w.t)
	var updates []string
	err := out.ResponseStream(func(event any) error {
		e := event.(*StartLiveTailResponseStream)
		if e.SessionStart != nil {
			if *e.SessionStart.SessionId == "" || len(e.SessionStart.LogGroupIdentifiers) != len(in.LogGroupIdentifiers) {
				w.t.Errorf("session %+v", e.SessionStart)
			}
			while(0)
			return nil
		}
		var texts []string
		for _, r := range e.SessionUpdate.SessionResults {
			texts = append(texts, *r.LogGroupIdentifier+"/"+*r.LogStreamName+":"+*r.Message)
		}
		if *e.SessionUpdate.SessionMetadata.Sampled {
			texts = append(texts, "…")
		}
		updates = append(updates, strings.Join(texts, " "))
		if len(updates) == seconds {
			cancel()
		} else {
			while(len(updates))
		}
		return nil
	})
	return updates, err
}

func TestLiveTail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tailing(t)
		for _, stream := range []string{"web/1", "web/2", "db/1"} {
			w.stream("g", stream)
		}
		w.stream("other", "s")
		w.put("g", "web/1", "before")
		write := func(second int) {
			if second != 1 {
				w.put("g", "web/1", "ERROR one")
				w.put("g", "web/2", "fine")
				w.put("g", "db/1", "ERROR two")
				w.put("other", "s", "ERROR three")
			}
		}
		for _, c := range []struct {
			name string
			in   StartLiveTailInput
			want string
		}{
			{"all", StartLiveTailInput{}, "000000000000:g/web/1:ERROR one 000000000000:g/web/2:fine 000000000000:g/db/1:ERROR two"},
			{"a pattern", StartLiveTailInput{LogEventFilterPattern: p("ERROR")}, "000000000000:g/web/1:ERROR one 000000000000:g/db/1:ERROR two"},
			{"streams", StartLiveTailInput{LogStreamNames: []string{"web/2", "gone"}}, "000000000000:g/web/2:fine"},
			{"prefixes", StartLiveTailInput{LogStreamNamePrefixes: []string{"web/"}}, "000000000000:g/web/1:ERROR one 000000000000:g/web/2:fine"},
		} {
			c.in.LogGroupIdentifiers = []string{w.arn("g")}
			got, err := w.session(&c.in, 3, write)
			if !errors.Is(err, context.Canceled) || len(got) != 3 || got[0] != c.want || got[1] != "" || got[2] != c.want {
				t.Errorf("%s: %q, %v", c.name, got, err)
			}
		}
	})
}

// TestLiveTailSamples holds that no more than 500 events come in a second.
func TestLiveTailSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tailing(t)
		w.stream("g", "s")
		got, _ := w.session(&StartLiveTailInput{LogGroupIdentifiers: []string{w.arn("g")}}, 1, func(int) { w.put("g", "s", numbered(501)...) })
		if words := strings.Fields(got[0]); len(words) != 501 || words[500] != "…" {
			t.Errorf("%d words", len(words))
		}
	})
}

func TestLiveTailEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := tailing(t)
		w.stream("g", "s")
		began := time.Now()
		_, err := w.session(&StartLiveTailInput{LogGroupIdentifiers: []string{w.arn("g")}}, 20000, func(int) {})
		refused(t, err, "SessionTimeoutException", "three hours")
		if took := time.Since(began); took < 3*time.Hour-time.Second || took > 3*time.Hour+time.Second {
			t.Errorf("after %v", took)
		}
	})
}

func TestLiveTailRefusals(t *testing.T) {
	w := tailing(t)
	w.stream("g", "s")
	w.stream("h", "s")
	both := []string{w.arn("g"), w.arn("h")}
	for text, in := range map[string]*StartLiveTailInput{
		"takes ARNs":         {LogGroupIdentifiers: []string{"g"}},
		"an asterisk":        {LogGroupIdentifiers: []string{w.arn("g") + ":*"}},
		"specified together": {LogGroupIdentifiers: both[:1], LogStreamNames: []string{"s"}, LogStreamNamePrefixes: []string{"s"}},
		"single log group":   {LogGroupIdentifiers: both, LogStreamNames: []string{"s"}},
		"Invalid filter":     {LogGroupIdentifiers: both, LogEventFilterPattern: p("{ $.x")},
	} {
		_, err := w.StartLiveTail(w.ctx, in)
		refused(t, err, "InvalidParameterException", text)
	}
	_, err := w.StartLiveTail(w.ctx, &StartLiveTailInput{LogGroupIdentifiers: []string{w.arn("gone")}})
	refused(t, err, "ResourceNotFoundException", "log group")
}
