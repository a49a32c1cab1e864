// Package store is the platform's one state store: typed tables of immutable
// rows in memory, read through snapshots, written by one transaction at a time,
// watched through channels, and journalled before they are published.
//
// A table is a variable beside the noun that it holds:
//
//	var Tasks = store.NewTable("ecs.tasks", func(t *Task) string { return t.ARN },
//		store.Index[Task]{Name: "cluster", Keys: func(t *Task) []string { return []string{t.Cluster} }})
//
// Rules of a transaction: no clock, no random and no waiting inside; rows are
// immutable, so copy before change. docs/design/store.md has the whole idea.
package store
