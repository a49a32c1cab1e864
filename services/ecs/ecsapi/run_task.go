package ecsapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// RunTask writes down the tasks that shall run. What makes them run is the
// controller's, so the answer shows them as PROVISIONING.
func (h *Handlers) RunTask(ctx context.Context, in *RunTaskInput) (*RunTaskOutput, error) {
	q, err := runRequestFromWire(in)
	if err != nil {
		return nil, err
	}
	q.host = h.Architecture
	s, now := scope(ctx), h.Clock.Now()
	ids := make([]string, q.count)
	for i := range ids {
		ids[i] = h.Hex(16)
	}
	out := &RunTaskOutput{Tasks: []Task{}, Failures: []Failure{}}
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		arns, err := q.run(tx, s, ids, now)
		if err != nil {
			return err
		}
		for _, arn := range arns {
			if t, ok := ecs.Tasks.Get(tx, arn); ok {
				out.Tasks = append(out.Tasks, taskToWire(tx, t, true))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// run puts the rows of new tasks and returns their ARNs; for a client token
// that it knows, those of the tasks that came of it.
func (q *runRequest) run(tx *store.Txn, s aws.Scope, ids []string, now time.Time) ([]string, error) {
	cluster, err := ecs.FindCluster(tx, s, q.cluster)
	if err != nil {
		return nil, err
	}
	tokenID := ecs.ClientTokenID(cluster.ARN, q.token)
	if known, ok := ecs.ClientTokens.Get(tx, tokenID); ok && q.token != "" && !known.Expired(now) {
		if known.Request != q.digest {
			return nil, ecs.Conflict(known.TaskARNs...)
		}
		return known.TaskARNs, nil
	}
	template, tags, err := q.resolve(tx, s, cluster)
	if err != nil {
		return nil, err
	}
	template.At = now
	tasks, err := template.Put(tx, ids, tags)
	if err != nil {
		return nil, err
	}
	arns := each(tasks, func(t ecs.Task) string { return t.ARN })
	if q.token != "" {
		ecs.ClientTokens.Put(tx, ecs.ClientToken{ID: tokenID, Request: q.digest, TaskARNs: arns, CreatedAt: now})
	}
	return arns, nil
}

// resolve finds what the request refers to and applies the rules that need it.
func (q *runRequest) resolve(tx *store.Txn, s aws.Scope, cluster *ecs.Cluster) (*ecs.TaskTemplate, []ecs.Tag, error) {
	definition, err := ecs.FindRunnable(tx, s, q.definition)
	if err != nil {
		return nil, nil, err
	}
	t := &ecs.TaskTemplate{Cluster: cluster, Overrides: q.overrides, PlatformVersion: q.platform, StartedBy: q.startedBy}
	if t.Capacity, err = ecs.ResolveCapacity(cluster, q.launchType, q.strategy); err != nil {
		return nil, nil, err
	}
	if t.Definition, err = q.overrides.Override(definition); err != nil {
		return nil, nil, err
	}
	if err = ecs.CheckPlatform(q.platform, t.Definition); err != nil {
		return nil, nil, err
	}
	if t.Architecture, err = t.Definition.ArchitectureOn(q.host); err != nil {
		return nil, nil, err
	}
	if t.Group, err = ecs.GroupOf(q.group, definition.Family); err != nil {
		return nil, nil, err
	}
	if q.network == nil {
		return nil, nil, ecs.InvalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	ec2.EnsureDefaultVPC(tx, s)
	if t.Networks, err = q.network.Resolve(tx, s); err != nil {
		return nil, nil, err
	}
	return t, q.allTags(tx, cluster, definition), nil
}

// allTags is the definition's tags if they are to be propagated, then the
// request's, then the platform's own.
func (q *runRequest) allTags(r store.Reader, cluster *ecs.Cluster, definition *ecs.TaskDefinition) []ecs.Tag {
	var tags []ecs.Tag
	if q.propagate {
		tags = append(tags, ecs.TagsOf(r, definition.ARN)...)
	}
	tags = append(tags, q.tags...)
	if q.managedTags {
		tags = append(tags, ecs.Tag{Key: ecs.TagClusterName, Value: cluster.Name})
	}
	return tags
}

// digestOf tells two requests apart, which must be without their tokens.
func digestOf(request any) (string, error) {
	b, err := json.Marshal(request)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
