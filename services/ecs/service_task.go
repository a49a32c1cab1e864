package ecs

import (
	"iter"
	"time"

	"kaimon.dev/kaimon/store"
)

// TasksOfService iterates over a service's tasks in order of ARN, also over
// stopped ones that can still be described.
func TasksOfService(r store.Reader, serviceARN string) iter.Seq[*Task] {
	return Tasks.By(r, byService, serviceARN)
}

// TasksOfRevision iterates over the tasks of a service revision likewise.
func TasksOfRevision(r store.Reader, revisionARN string) iter.Seq[*Task] {
	return Tasks.By(r, byRevision, revisionARN)
}

// TaskCounts counts tasks as services show them.
type TaskCounts struct{ Running, Pending int }

// CountServiceTasks counts a service's tasks that run, and those on their way
// there, by the ARN of their revision; "" has the sums.
func CountServiceTasks(r store.Reader, serviceARN string) map[string]TaskCounts {
	counts := map[string]TaskCounts{}
	for t := range TasksOfService(r, serviceARN) {
		run, pend := StatusOf(r, t).LastStatus.Counts()
		for _, key := range []string{t.RevisionARN, ""} {
			c := counts[key]
			if run {
				c.Running++
			}
			if pend {
				c.Pending++
			}
			counts[key] = c
		}
	}
	return counts
}

// AddServiceTasks writes down new tasks of a service, one for each ID, that run
// as a revision of it says; with the tags that they get. placed counts the
// revision's tasks, and is changed; nil has them counted. An error
// means that something that the revision refers to is gone.
func AddServiceTasks(tx *store.Txn, s *Service, v *ServiceRevision, placed *Placed, ids []string, at time.Time) ([]Task, error) {
	cluster, ok := Clusters.Get(tx, s.ClusterARN)
	if !ok {
		return nil, ClusterNotFound()
	}
	definition, ok := TaskDefinitions.Get(tx, v.DefinitionARN)
	if !ok {
		return nil, ClientException("TaskDefinition not found.")
	}
	networks, err := v.Network.Resolve(tx, s.Scope)
	if err != nil {
		return nil, err
	}
	if placed == nil {
		placed = CountPlaced(tx, TasksOfRevision(tx, v.ARN))
	}
	template := TaskTemplate{
		Cluster: cluster, Definition: definition, Capacity: v.Capacity(),
		PlatformVersion: v.PlatformVersion, Architecture: v.Architecture, Networks: networks,
		Group: s.Group(), StartedBy: v.DeploymentID(), ServiceARN: s.ARN, RevisionARN: v.ARN,
		Placed: placed, At: at,
	}
	return template.Put(tx, ids, s.taskTags(tx, cluster, definition))
}

// taskTags is what new tasks of the service are tagged with.
func (s *Service) taskTags(r store.Reader, cluster *Cluster, definition *TaskDefinition) []Tag {
	var tags []Tag
	switch s.PropagateTags {
	case PropagateDefinition:
		tags = append(tags, TagsOf(r, definition.ARN)...)
	case PropagateService:
		tags = append(tags, TagsOf(r, s.ARN)...)
	}
	if s.ManagedTags {
		tags = append(tags, Tag{TagClusterName, cluster.Name}, Tag{TagServiceName, s.Name})
	}
	return tags
}
