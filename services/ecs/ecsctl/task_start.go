package ecsctl

import (
	"context"
	"errors"
	"hash/fnv"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// update changes a task's status in a transaction of its own; a change that
// changes nothing writes nothing.
func (c *Controller) update(ctx context.Context, t *ecs.Task, change func(*ecs.TaskStatus)) error {
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		updateStatus(tx, t, change)
		return nil
	})
}

// updateStatus changes the newest status of a task that is still there.
func updateStatus(tx *store.Txn, t *ecs.Task, change func(*ecs.TaskStatus)) {
	if _, ok := ecs.Tasks.Get(tx, t.ARN); !ok {
		return
	}
	before := ecs.StatusOf(tx, t)
	after := before.Clone()
	change(&after)
	if bump(before, &after) {
		ecs.TaskStatuses.Put(tx, after)
	}
}

// allocate makes the interface's row and puts the task into PENDING, in one
// transaction. What EC2 refuses ends the task.
func (c *Controller) allocate(ctx context.Context, v view) error {
	q := ec2.InterfaceRequest{
		ID:          ec2.NewInterfaceID(),
		Subnet:      v.task.Network.Subnet,
		Groups:      v.task.Network.SecurityGroups,
		Description: v.task.ENIDescription(),
		Owner:       v.task.ARN,
		Seed:        seed(v.task.ID),
		At:          v.now,
	}
	if v.task.Network.AssignPublicIP {
		q.PublicPool = c.PublicPool
	}
	err := c.Store.Update(ctx, func(tx *store.Txn) error {
		eni, err := ec2.AllocateInterface(tx, v.task.Scope, q)
		if err != nil {
			return err
		}
		name, _ := ec2.DNSNames(tx, eni)
		updateStatus(tx, v.task, func(s *ecs.TaskStatus) {
			s.PullStarted(v.work.images.startedAt)
			s.Provisioned(ecs.Attachment{
				InterfaceID: eni.ID, MAC: eni.MAC,
				Address: eni.Address.String(), DNSName: name,
			})
		})
		return nil
	})
	if refusal, ok := aws.AsError(err); ok {
		reason := ecs.ReasonNoInterface(q.Subnet, v.task.Network.AssignPublicIP, refusal.Code)
		return c.conclude(ctx, v, decision{code: ecs.StopFailedToStart, reason: reason})
	}
	return err
}

// seed scatters the addresses of tasks over their subnet.
func seed(id string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32()
}

// attach has the interface made in the kernel. A network that doesn't come up
// in time ends the task; the plane's other errors are tried again.
func (c *Controller) attach(ctx context.Context, v view) error {
	ctx, cancel := context.WithTimeout(ctx, c.AttachTimeout)
	defer cancel()
	netns, err := c.Plane.AttachInterface(ctx, vpc.Interface{
		ID: v.eni.ID, Network: v.eni.VPC, Subnet: v.eni.Subnet,
		Address: v.eni.Address, MAC: v.eni.HardwareAddr(), Public: v.eni.Public, Groups: v.eni.Groups,
	})
	if err != nil {
		return c.failed(ctx, v, err, ecs.ReasonAttachTimeout)
	}
	c.learn(v.task.ID, func(w *work) { w.netns = netns })
	return nil
}

// apply hands the task to the runtime, and writes ACTIVATING meanwhile: what
// the runtime reports may well come first.
func (c *Controller) apply(ctx context.Context, v view) error {
	if err := c.openLogs(ctx, v); err != nil {
		if refusal, ok := aws.AsError(err); ok {
			return c.conclude(ctx, v, decision{code: ecs.StopFailedToStart, reason: ecs.ReasonNoLogStream(refusal.Code, refusal.Message)})
		}
		return err
	}
	names := ec2.NamesOf(c.Store.Snapshot(), v.eni.VPC)
	spec := buildSpec(v.task, v.definition, v.eni, names, v.work.netns, v.work.images.digests)
	for i := range spec.Containers {
		spec.Containers[i].Environment = beside(c.Environment, spec.Containers[i].Environment)
	}
	var g errgroup.Group
	g.Go(func() error {
		return c.update(ctx, v.task, func(s *ecs.TaskStatus) {
			s.Attached(v.now)
			s.PullStarted(v.work.images.startedAt)
			s.PullStopped(v.work.images.stoppedAt)
			for i, container := range v.task.Containers {
				s.Containers[i].ImageDigest = v.work.images.digests[container.Name]
			}
			s.Advance(ecs.TaskActivating)
		})
	})
	err := c.Runtime.Apply(ctx, spec)
	if err == nil {
		c.learn(v.task.ID, func(w *work) { w.applied = true })
	}
	if werr := g.Wait(); werr != nil {
		return errors.Join(err, werr)
	}
	if err != nil {
		return c.failed(ctx, v, err, ecs.ReasonResourceInitialization(err.Error()))
	}
	return nil
}

// failed counts a failure that may pass. The last one ends the task with the
// reason; before, the error asks for another attempt.
func (c *Controller) failed(ctx context.Context, v view, err error, reason string) error {
	attempts := 0
	c.learn(v.task.ID, func(w *work) { w.attempts++; attempts = w.attempts })
	if attempts < c.Attempts && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	c.Log.Error("task not started", "task", v.task.ID, "err", err)
	return c.conclude(context.WithoutCancel(ctx), v, decision{code: ecs.StopFailedToStart, reason: reason})
}
