package platform

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sync/errgroup"

	"kaimon.dev/kaimon/dataplane/dns"
	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/runtime/containerd"
	"kaimon.dev/kaimon/runtime/sample"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ec2/ec2ctl"
	"kaimon.dev/kaimon/services/ecr"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/services/elbv2/elbv2ctl"
	"kaimon.dev/kaimon/services/iam"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/services/logs/logsctl"
	"kaimon.dev/kaimon/services/logs/tap"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/services/servicediscovery/servicediscoveryctl"
	"kaimon.dev/kaimon/store"
)

// Tables lists the tables of every service.
func Tables() []store.AnyTable {
	var all []store.AnyTable
	for _, tables := range [][]store.AnyTable{
		ecs.Tables(), ec2.Tables(), elbv2.Tables(), acm.Tables(), ecr.Tables(), iam.Tables(), logs.Tables(), servicediscovery.Tables(),
	} {
		all = append(all, tables...)
	}
	return all
}

// openParts opens the store, and then what serves from it, side by side: the
// runtime, the network with its names, and the proxy.
func (m *Main) openParts(ctx context.Context) (err error) {
	m.store, err = store.Open(ctx, store.Options{
		Dir: m.Config.storeDir(), Log: m.Log, Engine: store.Engine(m.Config.StoreEngine),
	}, Tables()...)
	if err != nil {
		return err // it says that it is the store's
	}
	if err := checkPool(m.store.Snapshot(), m.Config.PublicCIDR); err != nil {
		return err
	}
	if m.seal, err = seal.OpenFile(m.Config.sealFile()); err != nil {
		return err // it says that it is the seal's
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return wrap("runtime", m.openRuntime(ctx)) })
	g.Go(func() (err error) {
		options := m.planeOptions()
		options.Platform = m.inside
		m.plane, err = vpc.Open(ctx, options)
		return wrap("network", err)
	})
	g.Go(func() error { return wrap("proxy", m.openProxy(ctx)) })
	return g.Wait()
}

// checkPool refuses another pool of public addresses while one of an earlier
// pool is in use: it would lead nowhere.
func checkPool(r store.Reader, pool netip.Prefix) error {
	if a, ok := ec2.OutOfPool(r, pool); ok {
		return fmt.Errorf("--public-cidr %s: the address %s of another block is in use; start with that block, and release what is of it first", pool, a)
	}
	return nil
}

// openRuntime opens the log engine and the runtime that writes to it, and gives
// that the sample image, made of this program.
func (m *Main) openRuntime(ctx context.Context) (err error) {
	if m.events, err = logstore.Open(logstore.Options{Dir: m.Config.eventsDir(), Log: m.Log}); err != nil {
		return err
	}
	m.tails = tap.NewTails()
	m.tapped = tap.Engine{Engine: m.events, Listeners: []tap.Listener{tap.NewMetrics(m.store, m.metrics), m.tails}}
	options := m.runtimeOptions()
	options.Logs = logsctl.Sink{Store: m.store, Engine: m.tapped}
	if m.runtime, err = containerd.NewRuntime(ctx, options); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return sample.Ensure(ctx, m.runtime, m.Config.runtimeDir(), program)
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
		PublicCIDR: m.Config.PublicCIDR, Routed: m.Config.routed(), Log: m.Log,
		PlatformPorts: m.platformPorts(),
		Resolver: dns.New(dns.Options{Log: m.Log, Zones: []dns.Zone{
			m.platformNames(), ec2ctl.EndpointNames{Store: m.store},
			ec2ctl.PublicNames{Store: m.store, Pool: m.Config.PublicCIDR},
			elbv2ctl.Names{Store: m.store}, servicediscoveryctl.Names{Store: m.store, Below: clock.Below},
		}}),
	}
}

func wrap(part string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return nil
}
