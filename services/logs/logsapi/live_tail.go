package logsapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/tap"
)

// The rhythm and size of live tails (API Reference, "StartLiveTail").
const (
	tailRhythm  = time.Second
	tailLength  = 3 * time.Hour
	maxTailSize = 500
)

// StartLiveTail implements API. What the groups' writers append is sent every
// second, for as long as the client listens.
func (h *Handlers) StartLiveTail(ctx context.Context, in *StartLiveTailInput) (*StartLiveTailOutput, error) {
	t, err := h.tailOf(ctx, in)
	if err != nil {
		return nil, err
	}
	return &StartLiveTailOutput{ResponseStream: func(send func(any) error) error {
		tail := h.Tails.Open(maxTailSize, t.wants)
		defer h.Tails.Close(tail)
		err := send(&StartLiveTailResponseStream{SessionStart: &LiveTailSessionStart{
			RequestId: wire.Ptr(aws.CallerFrom(ctx).RequestID), SessionId: wire.Ptr(h.uuid()),
			LogGroupIdentifiers: in.LogGroupIdentifiers, LogStreamNames: in.LogStreamNames,
			LogStreamNamePrefixes: in.LogStreamNamePrefixes, LogEventFilterPattern: in.LogEventFilterPattern,
		}})
		if err != nil {
			return err
		}
		return t.follow(ctx, tail, send)
	}}, nil
}

// liveTail is what one live tail shows.
type liveTail struct {
	h      *Handlers
	groups map[uint64]*logs.Group
	match  func(message []byte) bool
	// names and prefixes narrow it to some streams; without both it shows all.
	names, prefixes []string
}

func (h *Handlers) tailOf(ctx context.Context, in *StartLiveTailInput) (*liveTail, error) {
	r, scope := h.open(ctx)
	t := &liveTail{h: h, groups: map[uint64]*logs.Group{}, names: in.LogStreamNames, prefixes: in.LogStreamNamePrefixes}
	switch {
	case len(t.names) > 0 && len(t.prefixes) > 0:
		return nil, logs.InvalidParameter("logStreamNames and logStreamNamePrefixes can't be specified together.")
	case len(t.names)+len(t.prefixes) > 0 && len(in.LogGroupIdentifiers) > 1:
		return nil, logs.InvalidParameter("logStreamNames and logStreamNamePrefixes can only be specified with a single log group.")
	}
	for _, arn := range in.LogGroupIdentifiers {
		if !strings.HasPrefix(arn, "arn:") || strings.HasSuffix(arn, "*") {
			return nil, logs.InvalidParameter("logGroupIdentifiers takes ARNs that don't end with an asterisk, not '%s'.", arn)
		}
		g, err := group(r, scope, nil, &arn)
		if err != nil {
			return nil, err
		}
		t.groups[g.ID] = g
	}
	p, err := compile(wire.Val(in.LogEventFilterPattern))
	if err != nil {
		return nil, err
	}
	t.match = p.Match
	return t, nil
}

// wants says whether the tail shows an event.
func (t *liveTail) wants(s logline.Stream, e logline.Event) bool {
	g, ok := t.groups[s.Group]
	if !ok || !t.match(e.Message) {
		return false
	}
	if len(t.names)+len(t.prefixes) == 0 {
		return true
	}
	name := t.nameOf(g, s)
	return slices.Contains(t.names, name) ||
		slices.ContainsFunc(t.prefixes, func(p string) bool { return name != "" && strings.HasPrefix(name, p) })
}

// nameOf is the name of a stream, "" for one that is gone.
func (t *liveTail) nameOf(g *logs.Group, s logline.Stream) string {
	if st, ok := logs.StreamByID(t.h.Store.Snapshot(), g, s); ok {
		return st.Name
	}
	return ""
}

// follow sends what comes until the client has gone or three hours are over.
func (t *liveTail) follow(ctx context.Context, tail *tap.Tail, send func(any) error) error {
	ticks, end := time.NewTicker(tailRhythm), time.NewTimer(tailLength)
	defer ticks.Stop()
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return aws.Errorf("SessionTimeoutException", "The Live Tail session has timed out after three hours.")
		case <-ticks.C:
			if err := send(&StartLiveTailResponseStream{SessionUpdate: t.update(tail)}); err != nil {
				return err
			}
		}
	}
}

func (t *liveTail) update(tail *tap.Tail) *LiveTailSessionUpdate {
	events, sampled := tail.Collect()
	out := &LiveTailSessionUpdate{
		SessionMetadata: &LiveTailSessionMetadata{Sampled: &sampled}, SessionResults: []LiveTailSessionLogEvent{},
	}
	for _, s := range events {
		g := t.groups[s.Stream.Group]
		out.SessionResults = append(out.SessionResults, LiveTailSessionLogEvent{
			LogGroupIdentifier: wire.Ptr(g.Scope.Account + ":" + g.Name), LogStreamName: wire.Ptr(t.nameOf(g, s.Stream)),
			Message: wire.Ptr(string(s.Event.Message)), Timestamp: &s.Event.Time, IngestionTime: &s.Event.Ingested,
		})
	}
	return out
}
