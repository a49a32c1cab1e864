package ecsctl

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// newRegistries returns the loop that keeps the tasks of services registered in
// the Cloud Map services that they name.
func (c *Controller) newRegistries() *reconcile.Loop {
	return reconcile.New(reconcile.Options{
		Name: "ecs.service-registries", Workers: 8, Log: c.Log, Keys: c.registeredTasks, Resync: resync,
	}, c.reconcileRegistration)
}

// registeredTasks lists the tasks of services.
func (c *Controller) registeredTasks() []string {
	var keys []string
	for t := range ecs.Tasks.All(c.Store.Snapshot()) {
		if t.ServiceARN != "" {
			keys = append(keys, t.ARN)
		}
	}
	return keys
}

// reconcileRegistration registers a task, or has it go. What Cloud Map refuses
// is told in the log: trying again would change nothing.
func (c *Controller) reconcileRegistration(ctx context.Context, arn string) (reconcile.Result, error) {
	snap := c.Store.Snapshot()
	t, ok := ecs.Tasks.Get(snap, arn)
	if !ok || t.ServiceARN == "" || len(planRegistration(snap, t)) == 0 {
		return reconcile.Result{}, nil
	}
	err := c.Store.Update(ctx, func(tx *store.Txn) error {
		t, ok := ecs.Tasks.Get(tx, arn)
		if !ok {
			return nil
		}
		for _, r := range planRegistration(tx, t) {
			if r.instance == nil {
				servicediscovery.DeregisterInstance(tx, r.service.ID, t.ID)
			} else if err := servicediscovery.RegisterInstance(tx, r.service, *r.instance); err != nil {
				return err
			}
		}
		return nil
	})
	if refusal, ok := aws.AsError(err); ok {
		c.Log.Warn("a task can't be registered in its service registry", "task", arn, "reason", refusal.Message)
		return reconcile.Result{}, nil
	}
	return reconcile.Result{}, err
}
