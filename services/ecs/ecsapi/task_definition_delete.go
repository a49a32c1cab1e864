package ecsapi

import (
	"context"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// maxDeleted is the most task definitions of one DeleteTaskDefinitions (API Reference).
const maxDeleted = 10

// deletedFor is how long a deleted revision stays describable at least.
const deletedFor = time.Hour

// DeleteTaskDefinitions begins to delete revisions, which must be INACTIVE. They
// stay DELETE_IN_PROGRESS while tasks of theirs are known; then they go.
func (h *Handlers) DeleteTaskDefinitions(ctx context.Context, in *DeleteTaskDefinitionsInput) (*DeleteTaskDefinitionsOutput, error) {
	if n := len(in.TaskDefinitions); n < 1 || n > maxDeleted {
		return nil, ecs.InvalidParameter("taskDefinitions must have between 1 and %d elements, not %d.", maxDeleted, n)
	}
	s, now := scope(ctx), h.Clock.Now()
	out := &DeleteTaskDefinitionsOutput{TaskDefinitions: []TaskDefinition{}, Failures: []Failure{}}
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		forgetDefinitions(tx, s, now)
		for _, ref := range in.TaskDefinitions {
			d, reason := deleteDefinition(tx, s, ref, now)
			if reason != "" {
				out.Failures = append(out.Failures, Failure{Arn: &ref, Reason: &reason})
				continue
			}
			out.TaskDefinitions = append(out.TaskDefinitions, *definitionToWire(d))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// deleteDefinition deletes one revision, or says why it can't.
func deleteDefinition(tx *store.Txn, s aws.Scope, name string, now time.Time) (d *ecs.TaskDefinition, reason string) {
	ref, err := ecs.ParseDefinitionRef(s, name)
	if err != nil || ref.Revision == 0 {
		return nil, "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
	}
	old, ok := ref.Find(tx, s)
	if !ok {
		return nil, "The specified task definition does not exist. Specify a valid account, family, revision and try again."
	}
	if old.Status == ecs.DefinitionActive {
		return nil, "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
	}
	gone := *old
	if gone.Status != ecs.DefinitionDeleteInProgress {
		gone.Status, gone.DeleteRequestedAt = ecs.DefinitionDeleteInProgress, now
		ecs.TaskDefinitions.Put(tx, gone)
	}
	return &gone, ""
}

// forgetDefinitions removes the deleted revisions of a scope that no task and
// no service refers to any more. The numbers stay taken: see ecs.Families.
func forgetDefinitions(tx *store.Txn, s aws.Scope, now time.Time) {
	gone := map[string]bool{}
	for d := range ecs.TaskDefinitions.Prefix(tx, ecs.FamilyARN(s, "")) {
		if d.Status == ecs.DefinitionDeleteInProgress && !now.Before(d.DeleteRequestedAt.Add(deletedFor)) {
			gone[d.ARN] = true
		}
	}
	if len(gone) == 0 {
		return
	}
	for t := range ecs.Tasks.All(tx) {
		delete(gone, t.DefinitionARN)
	}
	for v := range ecs.ServiceRevisions.All(tx) {
		delete(gone, v.DefinitionARN)
	}
	for arn := range gone {
		ecs.TaskDefinitions.Delete(tx, arn)
		ecs.DropTags(tx, arn)
	}
}
