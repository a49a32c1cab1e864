package logs

import (
	"iter"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/internal/logline"
	"kaimon.dev/kaimon/store"
)

// Stream is a log stream. Sole writer: logsapi, and ecsctl through EnsureStream.
type Stream struct {
	Scope       aws.Scope
	Group, Name string
	// ID are the stream's and its group's in the engine.
	ID        logline.Stream
	CreatedAt time.Time
}

// streamPart parts a group's name from a stream's in an ARN; neither holds a colon.
const streamPart = ":log-stream:"

// Streams keeps the streams by ARN, which has those of a group together in
// order of name.
var Streams = store.NewTable("logs.streams", func(s *Stream) string { return s.ARN() },
	store.Index[Stream]{Name: byID, Keys: func(s *Stream) []string { return []string{engineKey(s.ID.ID)} }})

// StreamByID returns the stream of a group that the engine knows by an ID.
func StreamByID(r store.Reader, g *Group, id logline.Stream) (*Stream, bool) {
	for st := range Streams.By(r, byID, engineKey(id.ID)) {
		if st.ID == id && st.Group == g.Name && st.Scope == g.Scope {
			return st, true
		}
	}
	return nil, false
}

// StreamARN is the ARN of a stream.
func StreamARN(s aws.Scope, group, name string) string { return GroupARN(s, group) + streamPart + name }

// ARN is the stream's.
func (s *Stream) ARN() string { return StreamARN(s.Scope, s.Group, s.Name) }

// FindStream returns a stream of a group.
func FindStream(r store.Reader, g *Group, name string) (*Stream, error) {
	st, ok := Streams.Get(r, StreamARN(g.Scope, g.Name, name))
	if !ok {
		return nil, ErrNoStream()
	}
	return st, nil
}

// StreamsOf iterates over a group's streams in order of name.
func StreamsOf(r store.Reader, g *Group) iter.Seq[*Stream] { return StreamsWith(r, g, "") }

// StreamsWith iterates over a group's streams whose names begin with a prefix.
func StreamsWith(r store.Reader, g *Group, prefix string) iter.Seq[*Stream] {
	return Streams.Prefix(r, StreamARN(g.Scope, g.Name, prefix))
}

// CreateStream adds a stream to a group. id is the stream's own ID.
func CreateStream(tx *store.Txn, s aws.Scope, group, name string, id uint64, at time.Time) error {
	g, err := FindGroup(tx, s, group)
	if err != nil {
		return err
	}
	if _, err := FindStream(tx, g, name); err == nil {
		return errStreamExists()
	}
	Streams.Put(tx, Stream{Scope: s, Group: group, Name: name, ID: logline.Stream{Group: g.ID, ID: id}, CreatedAt: at})
	return nil
}

// DeleteStream removes a stream and leaves word that its events have to go.
func DeleteStream(tx *store.Txn, s aws.Scope, group, name string) error {
	g, err := FindGroup(tx, s, group)
	if err != nil {
		return err
	}
	if g.Protected {
		return errProtected(group)
	}
	st, err := FindStream(tx, g, name)
	if err != nil {
		return err
	}
	Streams.Delete(tx, st.ARN())
	Remains.Put(tx, Remain{Group: st.ID.Group, Stream: st.ID.ID})
	return nil
}

// Wanted is a stream that has to be there. The IDs are for what has to be made.
type Wanted struct {
	Scope         aws.Scope
	Group, Stream string
	// CreateGroup makes a missing group instead of failing.
	CreateGroup       bool
	GroupID, StreamID uint64
	At                time.Time
}

// EnsureStream makes a stream unless it is there.
func EnsureStream(tx *store.Txn, w Wanted) error {
	if strings.ContainsAny(w.Stream, ":*") || w.Stream == "" || len(w.Stream) > maxStreamName {
		return InvalidParameter("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", w.Stream)
	}
	if _, err := FindGroup(tx, w.Scope, w.Group); err != nil {
		if !w.CreateGroup {
			return err
		}
		if err := CheckGroupName(w.Group); err != nil {
			return err
		}
		Groups.Put(tx, Group{Scope: w.Scope, Name: w.Group, ID: w.GroupID, CreatedAt: w.At})
	}
	if _, ok := Streams.Get(tx, StreamARN(w.Scope, w.Group, w.Stream)); ok {
		return nil
	}
	return CreateStream(tx, w.Scope, w.Group, w.Stream, w.StreamID, w.At)
}
