package ecsapi

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// maxDescribed is the most clusters of one DescribeClusters, and tasks of one DescribeTasks (API Reference).
const maxDescribed = 100

// includeAll is what an operation that changes a cluster answers.
var includeAll = []string{"SETTINGS", "CONFIGURATIONS", "TAGS"}

// DescribeClusters describes clusters, also deleted ones for a while; unknown
// ones, and those of other accounts and regions, are failures.
func (h *Handlers) DescribeClusters(ctx context.Context, in *DescribeClustersInput) (*DescribeClustersOutput, error) {
	refs := in.Clusters
	if len(refs) == 0 {
		refs = []string{ecs.DefaultCluster}
	}
	if len(refs) > maxDescribed {
		return nil, ecs.InvalidParameter("Clusters cannot have more than %d elements.", maxDescribed)
	}
	out := &DescribeClustersOutput{Clusters: []Cluster{}, Failures: []Failure{}}
	r, now := h.Store.Snapshot(), h.Clock.Now()
	seen := map[string]bool{}
	for _, ref := range refs {
		arn, err := ecs.ParseClusterRef(scope(ctx), ref)
		if errors.Is(err, ecs.ClusterNotFound()) {
			out.Failures = append(out.Failures, missing(ref))
			continue
		}
		if err != nil {
			return nil, err
		}
		if seen[arn] {
			continue
		}
		seen[arn] = true
		c, ok := ecs.Clusters.Get(r, arn)
		if !ok || c.Forgotten(now) {
			out.Failures = append(out.Failures, missing(arn))
			continue
		}
		out.Clusters = append(out.Clusters, clusterToWire(r, c, in.Include))
	}
	return out, nil
}

// clusterToWire describes a cluster; include holds the values of ClusterField.
func (h *Handlers) clusterToWire(c *ecs.Cluster, include []string) Cluster {
	return clusterToWire(h.Store.Snapshot(), c, include)
}

func clusterToWire(r store.Reader, c *ecs.Cluster, include []string) Cluster {
	running, pending := ecs.CountTasks(r, c.ARN)
	active, draining := ecs.CountServices(r, c)
	out := Cluster{
		ClusterArn: &c.ARN, ClusterName: &c.Name, Status: wire.Ptr(string(c.Status)),
		RegisteredContainerInstancesCount: wire.Ptr[int32](0),
		RunningTasksCount:                 wire.Ptr(int32(running)),
		PendingTasksCount:                 wire.Ptr(int32(pending)),
		ActiveServicesCount:               wire.Ptr(int32(active)),
		Statistics:                        []KeyValuePair{},
		Tags:                              []Tag{},
		Settings:                          []ClusterSetting{},
		CapacityProviders:                 append([]string{}, c.CapacityProviders...),
		DefaultCapacityProviderStrategy:   listed(c.DefaultStrategy, strategyItemToWire),
	}
	if slices.Contains(include, "SETTINGS") {
		out.Settings = listed(c.Settings, clusterSettingToWire)
	}
	if slices.Contains(include, "CONFIGURATIONS") {
		out.Configuration = configurationToWire(c.ExecuteCommand)
	}
	if slices.Contains(include, "TAGS") {
		out.Tags = listed(ecs.TagsOf(r, c.ARN), tagToWire)
	}
	if slices.Contains(include, "STATISTICS") {
		out.Statistics = statistics(running, pending, active, draining)
	}
	if slices.Contains(include, "ATTACHMENTS") {
		// Attachments belong to capacity providers with instances; Fargate's have none.
		out.Attachments = []Attachment{}
	}
	return out
}

// statistics counts tasks and services by launch type: all are Fargate's
// (API Reference, "Cluster").
func statistics(running, pending, active, draining int) []KeyValuePair {
	counts := []struct {
		name string
		n    int
	}{
		{"runningEC2TasksCount", 0}, {"runningFargateTasksCount", running},
		{"pendingEC2TasksCount", 0}, {"pendingFargateTasksCount", pending},
		{"runningExternalTasksCount", 0}, {"pendingExternalTasksCount", 0},
		{"activeEC2ServiceCount", 0}, {"activeFargateServiceCount", active},
		{"drainingEC2ServiceCount", 0}, {"drainingFargateServiceCount", draining},
		{"activeExternalServiceCount", 0}, {"drainingExternalServiceCount", 0},
	}
	out := make([]KeyValuePair, len(counts))
	for i, c := range counts {
		out[i] = keyValue(ecs.KeyValue{Name: c.name, Value: strconv.Itoa(c.n)})
	}
	return out
}
