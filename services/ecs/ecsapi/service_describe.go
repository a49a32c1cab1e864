package ecsapi

import (
	"context"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// maxDescribedServices, maxListedServices and listedServices are limits of the
// API Reference, "DescribeServices" and "ListServices".
const (
	maxDescribedServices = 10
	maxListedServices    = 100
	listedServices       = 10
)

// DescribeServices shows services in the order asked for, also deleted ones for
// a while; those that aren't there are failures.
func (h *Handlers) DescribeServices(ctx context.Context, in *DescribeServicesInput) (*DescribeServicesOutput, error) {
	switch {
	case len(in.Services) == 0:
		return nil, ecs.InvalidParameter("Services cannot be empty.")
	case len(in.Services) > maxDescribedServices:
		return nil, ecs.InvalidParameter("Services can have at most %d items.", maxDescribedServices)
	}
	snap, now := h.Store.Snapshot(), h.Clock.Now()
	cluster, err := ecs.FindCluster(snap, scope(ctx), wire.Val(in.Cluster))
	if err != nil {
		return nil, err
	}
	withTags := slices.Contains(in.Include, "TAGS")
	out := &DescribeServicesOutput{Services: []Service{}, Failures: []Failure{}}
	seen := map[string]bool{}
	for _, ref := range in.Services {
		arn, err := ecs.ParseServiceRef(cluster, ref)
		if err != nil {
			return nil, err
		}
		if seen[arn] {
			continue
		}
		seen[arn] = true
		s, ok := ecs.Services.Get(snap, arn)
		if ok {
			status := ecs.StatusOfService(snap, s)
			ok = !status.Forgotten(now)
		}
		if !ok {
			out.Failures = append(out.Failures, missing(arn))
			continue
		}
		out.Services = append(out.Services, h.serviceToWire(snap, s, withTags))
	}
	return out, nil
}

// ListServices lists the ARNs of a cluster's active services.
func (h *Handlers) ListServices(ctx context.Context, in *ListServicesInput) (*ListServicesOutput, error) {
	snap := h.Store.Snapshot()
	cluster, err := ecs.FindCluster(snap, scope(ctx), wire.Val(in.Cluster))
	if err != nil {
		return nil, err
	}
	var arns []string
	for s := range ecs.ServicesOf(snap, cluster) {
		if s.DeletedAt.IsZero() && listsServices(in) {
			arns = append(arns, s.ARN)
		}
	}
	p := pager{Operation: "ListServices", Token: in.NextToken, Max: in.MaxResults, Most: maxListedServices, Usual: listedServices}
	arns, next, err := page(p, arns, same, strings.Compare)
	if err != nil {
		return nil, err
	}
	return &ListServicesOutput{ServiceArns: listed(arns, same), NextToken: next}, nil
}

// listsServices applies the filters: all services are of one kind here.
func listsServices(in *ListServicesInput) bool {
	is := func(filter *string, value string) bool { return filter == nil || *filter == value }
	return is(in.LaunchType, ecs.LaunchFargate) && is(in.SchedulingStrategy, schedulingReplica) &&
		is(in.ResourceManagementType, managedByCustomer)
}
