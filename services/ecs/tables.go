package ecs

import (
	"iter"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// Tables returns every table of the service, for store.Open.
func Tables() []store.AnyTable {
	return []store.AnyTable{
		Clusters, TaskDefinitions, Families, ResourceTags, AccountSettings,
		Tasks, TaskStatuses, TaskProtections, ClientTokens,
		Services, ServiceStatuses, ServiceRevisions, ImagesOfRevisions, ServiceEvents,
		ServiceDeployments, ServiceDeploymentStatuses, TaskSets,
	}
}

const byFamilyARN = "family"

// Clusters keeps the clusters by ARN; deleted ones stay for a while as INACTIVE.
var Clusters = store.NewTable("ecs.clusters", func(c *Cluster) string { return c.ARN })

// TaskDefinitions keeps every revision by ARN, and indexes it by FamilyARN.
var TaskDefinitions = store.NewTable("ecs.task-definitions",
	func(d *TaskDefinition) string { return d.ARN },
	store.Index[TaskDefinition]{Name: byFamilyARN, Keys: func(d *TaskDefinition) []string {
		return []string{FamilyARN(d.Scope, d.Family)}
	}})

// Families keeps the last revision number given out for each family, by
// FamilyARN: a number is never used again, also after a deletion.
var Families = store.NewTable("ecs.families", func(f *Family) string { return f.ARN })

// ResourceTags keeps the tags of every ECS resource that has some, by its ARN.
var ResourceTags = store.NewTable("ecs.tags", func(t *TagSet) string { return t.ARN })

// AccountSettings keeps the account settings that were put, by AccountSetting.ID.
var AccountSettings = store.NewTable("ecs.account-settings", func(s *AccountSetting) string { return s.ID() })

// RevisionsOf iterates over a family's revisions in order of ARN.
func RevisionsOf(r store.Reader, s aws.Scope, family string) iter.Seq[*TaskDefinition] {
	return TaskDefinitions.By(r, byFamilyARN, FamilyARN(s, family))
}
