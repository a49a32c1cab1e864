package ecsapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// The limits of the API Reference, "ListServiceDeployments",
// "DescribeServiceDeployments" and "DescribeServiceRevisions".
const (
	maxListedDeployments    = 100
	listedDeployments       = 20
	maxDescribedDeployments = 20
)

// ListServiceDeployments lists a service's deployments, the newest first.
func (h *Handlers) ListServiceDeployments(ctx context.Context, in *ListServiceDeploymentsInput) (*ListServiceDeploymentsOutput, error) {
	snap := h.Store.Snapshot()
	cluster, err := ecs.FindCluster(snap, scope(ctx), wire.Val(in.Cluster))
	if err != nil {
		return nil, err
	}
	s, err := ecs.FindService(snap, cluster, wire.Val(in.Service))
	if err != nil {
		return nil, err
	}
	var found []ServiceDeploymentBrief
	for d := range ecs.DeploymentsOf(snap, s.ARN) {
		if brief := deploymentToBrief(snap, d); listsDeployment(in, &brief) {
			found = append(found, brief)
		}
	}
	newestFirst := func(a, b string) int { return strings.Compare(b, a) }
	slices.SortFunc(found, func(a, b ServiceDeploymentBrief) int { return newestFirst(briefKey(a), briefKey(b)) })
	p := pager{Operation: "ListServiceDeployments", Token: in.NextToken, Max: in.MaxResults, Most: maxListedDeployments, Usual: listedDeployments}
	found, next, err := page(p, found, briefKey, newestFirst)
	if err != nil {
		return nil, err
	}
	return &ListServiceDeploymentsOutput{ServiceDeployments: listed(found, func(b ServiceDeploymentBrief) ServiceDeploymentBrief { return b }), NextToken: next}, nil
}

// briefKey sorts deployments by time, and those of one moment by ARN.
func briefKey(b ServiceDeploymentBrief) string {
	return fmt.Sprintf("%020d %s", b.CreatedAt.UnixNano(), *b.ServiceDeploymentArn)
}

// listsDeployment applies the filters.
func listsDeployment(in *ListServiceDeploymentsInput, b *ServiceDeploymentBrief) bool {
	if len(in.Status) > 0 && !slices.Contains(in.Status, *b.Status) {
		return false
	}
	if c := in.CreatedAt; c != nil {
		return (c.After == nil || !b.CreatedAt.Before(*c.After)) && (c.Before == nil || !b.CreatedAt.After(*c.Before))
	}
	return true
}

// DescribeServiceDeployments shows deployments in the order asked for; those
// that aren't there are failures.
func (h *Handlers) DescribeServiceDeployments(ctx context.Context, in *DescribeServiceDeploymentsInput) (*DescribeServiceDeploymentsOutput, error) {
	if n := len(in.ServiceDeploymentArns); n < 1 || n > maxDescribedDeployments {
		return nil, ecs.InvalidParameter("serviceDeploymentArns must have between 1 and %d items, not %d.", maxDescribedDeployments, n)
	}
	snap := h.Store.Snapshot()
	out := &DescribeServiceDeploymentsOutput{ServiceDeployments: []ServiceDeployment{}, Failures: []Failure{}}
	for _, arn := range in.ServiceDeploymentArns {
		if err := checkARN(scope(ctx), arn, "service-deployment"); err != nil {
			return nil, err
		}
		if d, ok := ecs.ServiceDeployments.Get(snap, arn); ok {
			out.ServiceDeployments = append(out.ServiceDeployments, deploymentToWire(snap, d))
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

// DescribeServiceRevisions shows revisions in the order asked for; those that
// aren't there are failures.
func (h *Handlers) DescribeServiceRevisions(ctx context.Context, in *DescribeServiceRevisionsInput) (*DescribeServiceRevisionsOutput, error) {
	if n := len(in.ServiceRevisionArns); n < 1 || n > maxDescribedDeployments {
		return nil, ecs.InvalidParameter("serviceRevisionArns must have between 1 and %d items, not %d.", maxDescribedDeployments, n)
	}
	snap := h.Store.Snapshot()
	out := &DescribeServiceRevisionsOutput{ServiceRevisions: []ServiceRevision{}, Failures: []Failure{}}
	for _, arn := range in.ServiceRevisionArns {
		if err := checkARN(scope(ctx), arn, "service-revision"); err != nil {
			return nil, err
		}
		if v, ok := ecs.ServiceRevisions.Get(snap, arn); ok {
			out.ServiceRevisions = append(out.ServiceRevisions, revisionToWire(snap, v))
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

// StopServiceDeployment asks a deployment to stop: to go back to what ran
// before, or to leave things as they are. One that was asked already stays as it is.
func (h *Handlers) StopServiceDeployment(ctx context.Context, in *StopServiceDeploymentInput) (*StopServiceDeploymentOutput, error) {
	arn, now := wire.Val(in.ServiceDeploymentArn), h.Clock.Now()
	if err := checkARN(scope(ctx), arn, "service-deployment"); err != nil {
		return nil, err
	}
	stop := ecs.StopDeployment{At: now, Rollback: cmp.Or(wire.Val(in.StopType), "ROLLBACK") == "ROLLBACK"}
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		d, ok := ecs.ServiceDeployments.Get(tx, arn)
		if !ok {
			return ecs.DeploymentNotFound()
		}
		if err := mayStop(tx, d, stop.Rollback); err != nil || d.Stop != nil {
			return err
		}
		stopped := *d
		stopped.Stop = &stop
		ecs.ServiceDeployments.Put(tx, stopped)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &StopServiceDeploymentOutput{ServiceDeploymentArn: &arn}, nil
}

// mayStop refuses to stop a deployment that is over, and to roll back to
// nothing.
func mayStop(r store.Reader, d *ecs.ServiceDeployment, rollback bool) error {
	if state := d.StateOf(ecs.StatusOfDeployment(r, d)); state.Final() {
		return ecs.DeploymentConflict("The service deployment cannot be stopped: its status is %s.", state)
	}
	s, ok := ecs.Services.Get(r, d.ServiceARN)
	if !ok {
		return ecs.DeploymentNotFound()
	}
	if status := ecs.StatusOfService(r, s); rollback && d.Stop == nil && status.CompletedARN == "" {
		return ecs.DeploymentConflict("The service deployment cannot be rolled back: no deployment of the service has completed yet.")
	}
	return nil
}

// checkARN refuses what isn't the ARN of a thing of that type in the scope.
func checkARN(s aws.Scope, arn, kind string) error {
	a, err := aws.ParseARN(arn)
	if err != nil || a.Service != "ecs" || a.Type() != kind {
		return ecs.InvalidParameter("Invalid identifier: '%s' is not the ARN of a %s.", arn, kind)
	}
	if (aws.Scope{Account: a.Account, Region: a.Region}) != s {
		return ecs.InvalidParameter("Invalid identifier: %s is of another account or Region.", arn)
	}
	return nil
}
