package ecsapi

import (
	"context"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// PutClusterCapacityProviders sets the providers that may be used in a cluster
// and its default strategy. A provider that tasks or services use stays.
func (h *Handlers) PutClusterCapacityProviders(ctx context.Context, in *PutClusterCapacityProvidersInput) (*PutClusterCapacityProvidersOutput, error) {
	strategy := each(in.DefaultCapacityProviderStrategy, strategyItemFromWire)
	if err := ecs.CheckCapacityProviders(in.CapacityProviders); err != nil {
		return nil, err
	}
	if err := ecs.CheckStrategy(strategy, in.CapacityProviders); err != nil {
		return nil, err
	}
	c, err := h.changeCluster(ctx, in.Cluster, func(tx *store.Txn, c *ecs.Cluster) error {
		for t := range ecs.TasksOf(tx, c.ARN) {
			used := t.CapacityProvider != "" && ecs.StatusOf(tx, t).LastStatus != ecs.TaskStopped
			if used && !slices.Contains(in.CapacityProviders, t.CapacityProvider) {
				return ecs.ProviderInUse()
			}
		}
		for s := range ecs.ServicesOf(tx, c) {
			if _, v := s.Deployment(tx); s.DeletedAt.IsZero() && !usesOnly(v.Strategy, in.CapacityProviders) {
				return ecs.ProviderInUse()
			}
		}
		c.CapacityProviders, c.DefaultStrategy = in.CapacityProviders, strategy
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := h.clusterToWire(c, includeAll)
	return &PutClusterCapacityProvidersOutput{Cluster: &out}, nil
}

// usesOnly says whether a strategy can be followed with these providers.
func usesOnly(strategy []ecs.CapacityProviderStrategyItem, providers []string) bool {
	return !slices.ContainsFunc(strategy, func(i ecs.CapacityProviderStrategyItem) bool {
		return !slices.Contains(providers, i.CapacityProvider)
	})
}

// maxProviders is the most providers of one answer (API Reference, "DescribeCapacityProviders").
const maxProviders = 10

// DescribeCapacityProviders describes Fargate's providers; there are no others.
// With a cluster, those that may be used in it.
func (h *Handlers) DescribeCapacityProviders(ctx context.Context, in *DescribeCapacityProvidersInput) (*DescribeCapacityProvidersOutput, error) {
	s := scope(ctx)
	known := ecs.CapacityProviderNames
	if in.Cluster != nil {
		c, err := ecs.FindCluster(h.Store.Snapshot(), s, *in.Cluster)
		if err != nil {
			return nil, err
		}
		known = slices.Sorted(slices.Values(c.CapacityProviders))
	}
	out := &DescribeCapacityProvidersOutput{Failures: []Failure{}}
	if len(in.CapacityProviders) > 0 {
		var found []string
		for _, ref := range in.CapacityProviders {
			name := ref
			if a, err := aws.ParseARN(ref); err == nil && ref == providerARN(s, a.ID()) {
				name = a.ID()
			}
			if slices.Contains(known, name) {
				found = append(found, name)
			} else {
				out.Failures = append(out.Failures, missing(ref))
			}
		}
		slices.Sort(found)
		known = slices.Compact(found)
	}
	p := pager{Operation: "DescribeCapacityProviders", Token: in.NextToken, Max: in.MaxResults, Most: maxProviders}
	names, next, err := page(p, known, same, strings.Compare)
	if err != nil {
		return nil, err
	}
	out.CapacityProviders = listed(names, func(name string) CapacityProvider {
		return CapacityProvider{
			CapacityProviderArn: wire.Ptr(providerARN(s, name)), Name: &name, Type: &name,
			Status: wire.Ptr("ACTIVE"), Tags: []Tag{},
		}
	})
	out.NextToken = next
	return out, nil
}

func providerARN(s aws.Scope, name string) string {
	return s.ARN("ecs", "capacity-provider/"+name).String()
}
