package ecsapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// CreateCluster makes a cluster, or answers the one that is there, if the
// request doesn't contradict it.
func (h *Handlers) CreateCluster(ctx context.Context, in *CreateClusterInput) (*CreateClusterOutput, error) {
	caller := aws.CallerFrom(ctx)
	asked, err := clusterFromWire(caller.Scope(), in)
	if err != nil {
		return nil, err
	}
	tags := each(in.Tags, tagFromWire)
	if err := ecs.CheckTags(tags); err != nil {
		return nil, err
	}
	asked.CreatedAt = h.Clock.Now()
	made := &asked
	err = h.Store.Update(ctx, func(tx *store.Txn) error {
		if old, ok := ecs.Clusters.Get(tx, asked.ARN); ok && old.Status == ecs.ClusterActive {
			made = old
			return sameCluster(tx, old, &asked, tags)
		}
		forgetClusters(tx, caller.Scope(), asked.CreatedAt)
		if len(asked.Settings) == 0 {
			asked.Settings = defaultSettings(tx, caller)
		}
		ecs.DropTags(tx, asked.ARN)
		ecs.Clusters.Put(tx, asked)
		return ecs.PutTags(tx, asked.ARN, tags)
	})
	if err != nil {
		return nil, err
	}
	out := h.clusterToWire(made, includeAll)
	return &CreateClusterOutput{Cluster: &out}, nil
}

// clusterFromWire checks a CreateCluster request and returns what it asks for.
func clusterFromWire(s aws.Scope, in *CreateClusterInput) (ecs.Cluster, error) {
	name := wire.Val(in.ClusterName)
	if name == "" {
		name = ecs.DefaultCluster
	}
	if !ecs.IsName(name) {
		return ecs.Cluster{}, ecs.InvalidParameter("Cluster name '%s' contains invalid characters.", name)
	}
	c := ecs.Cluster{
		ARN: ecs.ClusterARN(s, name), Scope: s, Name: name, Status: ecs.ClusterActive,
		Settings:          each(in.Settings, clusterSettingFromWire),
		CapacityProviders: in.CapacityProviders,
		DefaultStrategy:   each(in.DefaultCapacityProviderStrategy, strategyItemFromWire),
	}
	if err := ecs.CheckClusterSettings(c.Settings); err != nil {
		return c, err
	}
	if err := ecs.CheckCapacityProviders(c.CapacityProviders); err != nil {
		return c, err
	}
	if err := ecs.CheckStrategy(c.DefaultStrategy, c.CapacityProviders); err != nil {
		return c, err
	}
	if err := refuseServiceConnect(in.ServiceConnectDefaults); err != nil {
		return c, err
	}
	var err error
	c.ExecuteCommand, err = configurationFromWire(in.Configuration)
	return c, err
}

// sameCluster refuses a repeated CreateCluster that asks for something else.
func sameCluster(r store.Reader, old, asked *ecs.Cluster, tags []ecs.Tag) error {
	differs := len(asked.Settings) > 0 && !slices.Equal(asked.Settings, old.Settings) ||
		asked.CapacityProviders != nil && !slices.Equal(asked.CapacityProviders, old.CapacityProviders) ||
		asked.DefaultStrategy != nil && !slices.Equal(asked.DefaultStrategy, old.DefaultStrategy) ||
		asked.ExecuteCommand != nil && !asked.ExecuteCommand.Equal(old.ExecuteCommand) ||
		len(tags) > 0 && !slices.Equal(tags, ecs.TagsOf(r, old.ARN))
	if differs {
		return ecs.InvalidParameter("Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	}
	return nil
}

// defaultSettings are the settings of a cluster that is created without:
// the account setting's.
func defaultSettings(r store.Reader, caller aws.Caller) []ecs.ClusterSetting {
	principal := ecs.SettingPrincipal(caller.Account, caller.ARN)
	value := ecs.EffectiveSetting(r, caller.Scope(), principal, ecs.ContainerInsights)
	return []ecs.ClusterSetting{{Name: ecs.ContainerInsights, Value: value}}
}

// forgetClusters removes the deleted clusters of a scope that can't be described any more.
func forgetClusters(tx *store.Txn, s aws.Scope, now time.Time) {
	var gone []string
	for c := range ecs.Clusters.Prefix(tx, ecs.ClusterARN(s, "")) {
		if c.Forgotten(now) {
			gone = append(gone, c.ARN)
		}
	}
	for _, arn := range gone {
		ecs.Clusters.Delete(tx, arn)
	}
}

// ListClusters lists the active clusters.
func (h *Handlers) ListClusters(ctx context.Context, in *ListClustersInput) (*ListClustersOutput, error) {
	arns := []string{}
	for c := range ecs.Clusters.Prefix(h.Store.Snapshot(), ecs.ClusterARN(scope(ctx), "")) {
		if c.Status == ecs.ClusterActive {
			arns = append(arns, c.ARN)
		}
	}
	p := pager{Operation: "ListClusters", Token: in.NextToken, Max: in.MaxResults, Most: 100}
	arns, next, err := page(p, arns, same, strings.Compare)
	if err != nil {
		return nil, err
	}
	return &ListClustersOutput{ClusterArns: arns, NextToken: next}, nil
}

// DeleteCluster makes an empty cluster INACTIVE.
func (h *Handlers) DeleteCluster(ctx context.Context, in *DeleteClusterInput) (*DeleteClusterOutput, error) {
	now := h.Clock.Now()
	c, err := h.changeCluster(ctx, in.Cluster, func(tx *store.Txn, c *ecs.Cluster) error {
		if active, draining := ecs.CountServices(tx, c); active+draining > 0 {
			return ecs.ClusterContainsServices()
		}
		for t := range ecs.TasksOf(tx, c.ARN) {
			if ecs.StatusOf(tx, t).LastStatus != ecs.TaskStopped {
				return ecs.ClusterContainsTasks()
			}
		}
		c.Status, c.DeletedAt = ecs.ClusterInactive, now
		ecs.DropTags(tx, c.ARN)
		forgetClusters(tx, c.Scope, now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := h.clusterToWire(c, includeAll)
	return &DeleteClusterOutput{Cluster: &out}, nil
}

// changeCluster applies a change to a copy of the active cluster that ref
// means, in a transaction, and returns the changed cluster.
func (h *Handlers) changeCluster(ctx context.Context, ref *string, change func(*store.Txn, *ecs.Cluster) error) (*ecs.Cluster, error) {
	var changed ecs.Cluster
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		c, err := ecs.FindCluster(tx, scope(ctx), wire.Val(ref))
		if err != nil {
			return err
		}
		changed = *c
		if err := change(tx, &changed); err != nil {
			return err
		}
		ecs.Clusters.Put(tx, changed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &changed, nil
}
