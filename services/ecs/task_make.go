package ecs

import (
	"crypto/sha256"
	"fmt"
	"time"

	"kaimon.dev/kaimon/store"
)

// TaskTemplate is what the tasks of one request have in common.
type TaskTemplate struct {
	Cluster *Cluster
	// Definition has the overrides in it: see TaskOverrides.Override.
	Definition *TaskDefinition
	Overrides  TaskOverrides
	Capacity   Capacity
	// PlatformVersion is resolved.
	PlatformVersion string
	Networks        *Networks
	Group           string
	StartedBy       string
	// Architecture is what TaskDefinition.ArchitectureOn says.
	Architecture string
	// ServiceARN and RevisionARN are those of the tasks.
	ServiceARN, RevisionARN string
	// Placed is nil for tasks that stand alone: they take turns over the subnets.
	Placed *Placed
	At     time.Time
}

// Make returns a task for each ID. It is deterministic: whatever else has an ID
// derives it from the task's.
func (q TaskTemplate) Make(ids []string) []Task {
	var have map[string]int
	if q.Placed != nil {
		have = q.Placed.Providers
	}
	providers := q.Capacity.Spread(have, len(ids))
	tasks := make([]Task, len(ids))
	for i, id := range ids {
		turn := firstSubnet(ids[0]) + i
		if q.Placed != nil {
			turn = q.Placed.next(q.Networks)
		}
		tasks[i] = Task{
			ARN: TaskARN(q.Cluster.Scope, q.Cluster.Name, id), ID: id, Scope: q.Cluster.Scope,
			ClusterARN: q.Cluster.ARN, DefinitionARN: q.Definition.ARN, Family: q.Definition.Family,
			Group: q.Group, StartedBy: q.StartedBy, CreatedAt: q.At,
			ServiceARN: q.ServiceARN, RevisionARN: q.RevisionARN,
			LaunchType: q.Capacity.LaunchType, CapacityProvider: providers[i],
			PlatformVersion: q.PlatformVersion, PlatformFamily: PlatformFamilyLinux,
			Architecture: q.Architecture,
			CPU:          q.Definition.CPU, Memory: q.Definition.Memory,
			EphemeralStorage: StorageOf(q.Definition),
			Containers:       containersOf(q.Definition, id),
			Overrides:        q.Overrides,
			Network:          q.Networks.Place(turn, derivedUUID(id, "interface")),
		}
	}
	return tasks
}

// Put makes a task for each ID and writes it down with its tags.
func (q TaskTemplate) Put(tx *store.Txn, ids []string, tags []Tag) ([]Task, error) {
	tasks := q.Make(ids)
	for _, t := range tasks {
		Tasks.Put(tx, t)
		if err := PutTags(tx, t.ARN, tags); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

func containersOf(d *TaskDefinition, taskID string) []TaskContainer {
	out := make([]TaskContainer, len(d.Containers))
	for i, c := range d.Containers {
		out[i] = TaskContainer{
			ID: derivedUUID(taskID, "container/"+c.Name), Name: c.Name, Image: c.Image, Essential: c.Essential,
			CPU: c.CPU, Memory: c.Memory, MemoryReservation: c.MemoryReservation,
			HealthChecked: c.HealthCheck != nil,
		}
	}
	return out
}

// firstSubnet spreads single tasks over the subnets by their random IDs.
func firstSubnet(id string) int { return int(id[0]) + int(id[1]) }

// derivedUUID names a part of a task. It has the form of a random UUID.
func derivedUUID(taskID, part string) string {
	b := sha256.Sum256([]byte(taskID + "/" + part))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, version 4
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// ContainerARN returns the ARN of a task's container.
func (t *Task) ContainerARN(c TaskContainer, cluster string) string {
	return t.Scope.ARN("ecs", "container/"+cluster+"/"+t.ID+"/"+c.ID).String()
}
