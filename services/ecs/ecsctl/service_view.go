package ecsctl

import (
	"slices"
	"time"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// viewService gathers what a plan for a service rests on; false when it is gone.
func (s *services) viewService(r store.Reader, svc *ecs.Service, l *ledger, now time.Time) serviceView {
	v := serviceView{service: svc, ledger: l, now: now, status: ecs.StatusOfService(r, svc)}
	v.deployment, v.revision = svc.Deployment(r)
	v.sets = slices.Collect(ecs.TaskSetsOf(r, svc))
	if primary, ok := ecs.ServiceRevisions.Get(r, v.status.PrimaryARN); ok && svc.Rebalancing {
		for _, id := range primary.Network.Subnets {
			if subnet, ok := ec2.Subnets.Get(r, id); ok {
				v.zones = append(v.zones, subnet.Zone)
			}
		}
	}
	row, ok := ecs.ServiceStatuses.Get(r, svc.ARN)
	v.fresh = !ok || row.DeploymentARN != svc.DeploymentARN
	v.progress = *ecs.StatusOfDeployment(r, v.deployment)
	if v.fresh {
		for d := range ecs.DeploymentsOf(r, svc.ARN) {
			if o := ecs.StatusOfDeployment(r, d); d.ARN != svc.DeploymentARN && !o.State.Final() {
				v.others = append(v.others, *o)
			}
		}
	}
	v.viewTraffic(r)
	if s.alarms != nil && v.watchesAlarms() {
		v.alarms = s.alarms.InAlarm(r, svc.Scope, svc.Configuration.Alarms)
	}
	return v
}

// unitOf classifies a task of a service.
func unitOf(r store.Reader, svc *ecs.Service, t *ecs.Task, now time.Time, wasUp bool) unit {
	v := unitView{task: t, status: ecs.StatusOf(r, t), grace: svc.Grace(), now: now, wasUp: wasUp}
	if svc.DeletedAt.IsZero() {
		v.protected = ecs.ProtectedUntil(r, t.ARN, now)
	}
	for _, target := range targetsOf(r, t, v.status) {
		row, ok := elbv2.Targets.Get(r, elbv2.TargetKey(target.group, target.target))
		v.targets = append(v.targets, targetView{
			groupTarget: target, registered: ok && !row.Draining(),
			health: elbv2.HealthOf(r, target.group, target.target),
		})
	}
	return classify(v)
}

// targetsOf lists the targets that a task is, while it runs; none before it has
// an address.
func targetsOf(r store.Reader, t *ecs.Task, s *ecs.TaskStatus) []groupTarget {
	if t.RevisionARN == "" || s.Attachment.Address == "" {
		return nil
	}
	revision, ok := ecs.ServiceRevisions.Get(r, t.RevisionARN)
	if !ok {
		return nil
	}
	var out []groupTarget
	for i, b := range revision.LoadBalancers {
		out = append(out, groupTarget{revision.GroupOf(i), elbv2.Target{ID: s.Attachment.Address, Port: b.ContainerPort}})
	}
	return out
}

// drainSlack is how much later than promised a target may go.
const drainSlack = 10 * time.Second

// delayOf is the deregistration delay of a target group.
func delayOf(r store.Reader, group string) time.Duration {
	g, ok := elbv2.TargetGroups.Get(r, group)
	if !ok {
		return 0
	}
	attributes := elbv2.TargetGroupAttributes(g.Protocol)
	return time.Duration(attributes.Seconds(g.Attributes, elbv2.DeregistrationDelay)) * time.Second
}

// drainLeft is how long a task that shall stop must go on, because it may still
// get requests: until its targets are gone. The service's plan deregisters them,
// and elbv2ctl removes them once they have drained; should it not, the groups'
// deregistration delays end the wait.
func drainLeft(r store.Reader, t *ecs.Task, s *ecs.TaskStatus, now time.Time) time.Duration {
	if svc, ok := ecs.Services.Get(r, t.ServiceARN); !ok || svc.CreatedAt.After(t.CreatedAt) {
		return 0
	}
	var left time.Duration
	for _, target := range targetsOf(r, t, s) {
		row, ok := elbv2.Targets.Get(r, elbv2.TargetKey(target.group, target.target))
		if !ok {
			continue
		}
		since := now
		if row.Draining() {
			since = row.DeregisteredAt
		}
		left = max(left, since.Add(delayOf(r, target.group)+drainSlack).Sub(now))
	}
	return left
}
