package platform

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/runtime/containerd"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/iam"
	"kaimon.dev/kaimon/store"
)

// Tables lists the tables of every service.
func Tables() []store.AnyTable {
	var all []store.AnyTable
	for _, tables := range [][]store.AnyTable{ecs.Tables(), ec2.Tables(), iam.Tables()} {
		all = append(all, tables...)
	}
	return all
}

// openParts opens the store, the runtime and the data plane, side by side.
func (m *Main) openParts(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		m.store, err = store.Open(ctx, store.Options{
			Dir: m.Config.storeDir(), Log: m.Log, Engine: store.Engine(m.Config.StoreEngine),
		}, Tables()...)
		return wrap("store", err)
	})
	g.Go(func() (err error) {
		m.runtime, err = containerd.NewRuntime(ctx, m.runtimeOptions())
		return wrap("runtime", err)
	})
	g.Go(func() (err error) {
		m.plane, err = vpc.Open(ctx, m.planeOptions())
		return wrap("network", err)
	})
	return g.Wait()
}

func (m *Main) runtimeOptions() containerd.Options {
	return containerd.Options{
		Dir: m.Config.runtimeDir(), RunDir: m.Config.runDir() + "/containerd",
		InstanceID: m.Config.InstanceID(), Log: m.Log, Clock: systemClock,
	}
}

func (m *Main) planeOptions() vpc.Options {
	return vpc.Options{
		InstanceID: m.Config.InstanceID(), RunDir: m.Config.runDir(),
		PublicCIDR: m.Config.PublicCIDR, Log: m.Log,
	}
}

func wrap(part string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return nil
}
