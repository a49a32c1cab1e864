package ecsctl

import (
	"context"

	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// reconcileToken forgets a client token whose time has come.
func (c *Controller) reconcileToken(ctx context.Context, id string) (reconcile.Result, error) {
	token, ok := ecs.ClientTokens.Get(c.Store.Snapshot(), id)
	if !ok {
		return reconcile.Result{}, nil
	}
	now := c.Clock.Now()
	if !token.Expired(now) {
		return reconcile.Result{After: token.ExpiresAt().Sub(now)}, nil
	}
	return reconcile.Result{}, c.Store.Update(ctx, func(tx *store.Txn) error {
		// Another RunTask may have taken the token in the meantime.
		if newest, ok := ecs.ClientTokens.Get(tx, id); ok && newest.Expired(now) {
			ecs.ClientTokens.Delete(tx, id)
		}
		return nil
	})
}

func (c *Controller) tokenKeys() []string {
	var keys []string
	for t := range ecs.ClientTokens.All(c.Store.Snapshot()) {
		keys = append(keys, t.ID)
	}
	return keys
}
