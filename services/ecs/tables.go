package ecs

import (
	"kaimon.dev/kaimon/store"
)

// Clusters keeps the clusters by ARN; deleted ones stay for a while as INACTIVE.
var Clusters = store.NewTable("ecs.clusters", func(c *Cluster) string { return c.ARN })

// TaskDefinitions keeps every revision by ARN. The index "family" holds the
// family's ARN without a revision (FamilyARN).
var TaskDefinitions = store.NewTable("ecs.task-definitions",
	func(d *TaskDefinition) string { return d.ARN },
	store.Index[TaskDefinition]{Name: "family", Keys: func(d *TaskDefinition) []string {
		return []string{FamilyARN(d.Scope, d.Family)}
	}})

// Families keeps the last revision number given out for each family, by
// FamilyARN: a number is never used again, also after a deletion.
var Families = store.NewTable("ecs.families", func(f *Family) string { return f.ARN })

// ResourceTags keeps the tags of every ECS resource that has some, by its ARN.
var ResourceTags = store.NewTable("ecs.tags", func(t *TagSet) string { return t.ARN })

// AccountSettings keeps the account settings that were put, by AccountSetting.ID.
var AccountSettings = store.NewTable("ecs.account-settings", func(s *AccountSetting) string { return s.ID() })
