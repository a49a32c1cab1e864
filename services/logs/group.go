package logs

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Group is a log group. Sole writer: logsapi, and ecsctl through EnsureStream.
type Group struct {
	Scope aws.Scope
	Name  string
	// ID is the group's in the engine; a group of the same name made later has another.
	ID        uint64
	CreatedAt time.Time
	// RetentionDays is how long events are kept; 0 for ever.
	RetentionDays int
	// Protected groups can't be deleted.
	Protected bool
	Tags      map[string]string
}

// Groups keeps the groups by ARN.
var Groups = store.NewTable("logs.groups", func(g *Group) string { return g.ARN() },
	store.Index[Group]{Name: byID, Keys: func(g *Group) []string { return []string{engineKey(g.ID)} }})

const byID = "engine"

func engineKey(id uint64) string { return strconv.FormatUint(id, 16) }

// GroupByID returns the group that the engine knows by an ID.
func GroupByID(r store.Reader, id uint64) (*Group, bool) {
	for g := range Groups.By(r, byID, engineKey(id)) {
		return g, true
	}
	return nil, false
}

// Tables lists every table of the service, for opening a store.
func Tables() []store.AnyTable {
	return []store.AnyTable{Groups, Streams, Remains, QueryDefinitions, MetricFilters}
}

// GroupARN is the ARN of a group, without the ":*" that stands for its streams.
func GroupARN(s aws.Scope, name string) string { return s.ARN("logs", "log-group:"+name).String() }

// ARN is the group's, without the ":*" that stands for its streams.
func (g *Group) ARN() string { return GroupARN(g.Scope, g.Name) }

// FindGroup returns a group by its name.
func FindGroup(r store.Reader, s aws.Scope, name string) (*Group, error) {
	g, ok := Groups.Get(r, GroupARN(s, name))
	if !ok {
		return nil, ErrNoGroup()
	}
	return g, nil
}

// GroupsOf iterates over the groups of a scope whose names begin with a prefix,
// in order of name.
func GroupsOf(r store.Reader, s aws.Scope, prefix string) iter.Seq[*Group] {
	return Groups.Prefix(r, GroupARN(s, prefix))
}

// ParseGroup returns the name in a group's name or ARN. An ARN must be of the scope.
func ParseGroup(s aws.Scope, identifier string) (string, error) {
	if !strings.HasPrefix(identifier, "arn:") {
		return identifier, nil
	}
	name, ok := strings.CutPrefix(strings.TrimSuffix(identifier, ":*"), GroupARN(s, ""))
	if !ok || name == "" {
		return "", ErrNoGroup()
	}
	return name, nil
}

// CreateGroup adds a group.
func CreateGroup(tx *store.Txn, g Group) error {
	if _, ok := Groups.Get(tx, g.ARN()); ok {
		return errGroupExists()
	}
	if err := checkTags(g.Tags); err != nil {
		return err
	}
	Groups.Put(tx, g)
	return nil
}

// DeleteGroup removes a group with its streams, and leaves word that the
// events have to go.
func DeleteGroup(tx *store.Txn, s aws.Scope, name string) error {
	g, err := FindGroup(tx, s, name)
	if err != nil {
		return err
	}
	if g.Protected {
		return errProtected(name)
	}
	for _, st := range slices.Collect(StreamsOf(tx, g)) {
		Streams.Delete(tx, st.ARN())
	}
	for _, f := range slices.Collect(MetricFiltersOf(tx, g, "")) {
		MetricFilters.Delete(tx, f.key())
	}
	Groups.Delete(tx, g.ARN())
	Remains.Put(tx, Remain{Group: g.ID})
	return nil
}

// ChangeGroup changes a group that exists.
func ChangeGroup(tx *store.Txn, s aws.Scope, name string, change func(*Group) error) error {
	g, err := FindGroup(tx, s, name)
	if err != nil {
		return err
	}
	changed := *g
	changed.Tags = maps.Clone(g.Tags)
	if err := change(&changed); err != nil {
		return err
	}
	Groups.Put(tx, changed)
	return nil
}
