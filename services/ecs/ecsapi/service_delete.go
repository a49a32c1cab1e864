package ecsapi

import (
	"context"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// DeleteService asks a service to go: it is DRAINING until its tasks have
// stopped. One that is on its way already stays as it is.
func (h *Handlers) DeleteService(ctx context.Context, in *DeleteServiceInput) (*DeleteServiceOutput, error) {
	now := h.Clock.Now()
	var out Service
	err := h.Store.Update(ctx, func(tx *store.Txn) error {
		cluster, err := ecs.FindCluster(tx, scope(ctx), wire.Val(in.Cluster))
		if err != nil {
			return err
		}
		old, err := ecs.FindService(tx, cluster, wire.Val(in.Service))
		if err != nil {
			return err
		}
		s, status := *old, ecs.StatusOfService(tx, old)
		switch s.State(&status) {
		case ecs.ServiceInactive:
			return ecs.ServiceNotFound()
		case ecs.ServiceActive:
			if err := mayDelete(tx, &s, &status, wire.Val(in.Force)); err != nil {
				return err
			}
			s.DesiredCount, s.DeletedAt = 0, now
			ecs.Services.Put(tx, s)
		}
		out = h.serviceToWire(tx, &s, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &DeleteServiceOutput{Service: &out}, nil
}

// mayDelete refuses to delete a service that has work, unless it is forced.
func mayDelete(r store.Reader, s *ecs.Service, status *ecs.ServiceStatus, force bool) error {
	switch {
	case force:
		return nil
	case s.DesiredCount > 0:
		return ecs.InvalidParameter("The service cannot be stopped while it is scaled above 0.")
	case len(status.Rollouts) > 1:
		return ecs.InvalidParameter("The service cannot be stopped while deployments are active.")
	}
	for range ecs.TaskSetsOf(r, s) {
		return ecs.InvalidParameter("The service cannot be stopped while task sets are active.")
	}
	return nil
}
