package platform

import (
	"context"
	"net/http"
	goruntime "runtime"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/reconcile"
	"kaimon.dev/kaimon/services/acm/acmapi"
	"kaimon.dev/kaimon/services/acm/acmctl"
	"kaimon.dev/kaimon/services/ec2/ec2api"
	"kaimon.dev/kaimon/services/ec2/ec2ctl"
	"kaimon.dev/kaimon/services/ecr/ecrapi"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/ecs/ecsctl"
	"kaimon.dev/kaimon/services/elbv2/elbv2api"
	"kaimon.dev/kaimon/services/elbv2/elbv2ctl"
	"kaimon.dev/kaimon/services/iam"
	"kaimon.dev/kaimon/services/logs/logsapi"
	"kaimon.dev/kaimon/services/logs/logsctl"
	"kaimon.dev/kaimon/services/servicediscovery/servicediscoveryapi"
	"kaimon.dev/kaimon/services/sts/stsapi"
)

// gatewayOptions bind every service's handlers to the one port.
func (m *Main) gatewayOptions() gateway.Options {
	return gateway.Options{
		Services: []*wire.Service{
			ecsapi.Bind(ecsapi.New(ecsapi.Options{
				Store: m.store, Clock: systemClock, Hex: clock.Hex, Architecture: architecture(),
			})),
			ec2api.Bind(&ec2api.Handlers{Store: m.store, Clock: systemClock, PublicPool: m.Config.PublicCIDR}),
			elbv2api.Bind(&elbv2api.Handlers{Store: m.store, Clock: systemClock}),
			acmapi.Bind(&acmapi.Handlers{Store: m.store, Clock: systemClock, Seal: m.seal}),
			ecrapi.Bind(&ecrapi.Handlers{
				Store: m.store, Clock: systemClock, Content: m.registry, Uploads: m.registry, Upstream: m.cache, Address: m.localAddress(),
			}),
			logsapi.Bind(m.logs),
			servicediscoveryapi.Bind(&servicediscoveryapi.Handlers{Store: m.store, Clock: systemClock, Hex: clock.Hex, Below: clock.Below}),
			stsapi.Bind(stsapi.Handler{}),
		},
		Credentials: iam.Directory{Store: m.store},
		Authorizer:  gateway.AllowAll{},
		Clock:       systemClock,
		Log:         m.Log,
		Health:      m.health,
		Prefixes:    map[string]http.Handler{"/v2/": m.registry},
		Hosts:       elbv2ctl.NewFront(m.store, m.Log).Handler,
	}
}

// startControllers starts what makes the world agree with the store.
func (m *Main) startControllers(ctx context.Context) {
	m.startNetworks(ctx)
	m.startBalancers(ctx)
	m.startImages(ctx)
	sweeper := logsctl.New(logsctl.Options{Store: m.store, Engine: m.tapped, Clock: systemClock, Log: m.Log})
	m.control(ctx, "logs", sweeper)
	tasks := ecsctl.New(ecsctl.Options{
		Store: m.store, Runtime: m.runtime, Images: m.runtime, Plane: m.plane,
		Clock: systemClock, Log: m.Log, PublicPool: m.Config.PublicCIDR, Environment: m.taskEnvironment(),
	})
	m.control(ctx, "ecs.tasks", tasks, statsOf(tasks.Loops()...)...)
}

// control runs a controller until the server stops; its loops' counters go into
// the server's health.
func (m *Main) control(ctx context.Context, name string, c interface{ Run(context.Context) error }, stats ...func() reconcile.Stats) {
	for _, s := range stats {
		m.health.loop(s)
	}
	m.background(name, func() error { return c.Run(ctx) })
}

func statsOf(loops ...*reconcile.Loop) (stats []func() reconcile.Stats) {
	for _, l := range loops {
		stats = append(stats, l.Stats)
	}
	return stats
}

func (m *Main) startNetworks(ctx context.Context) {
	networks := ec2ctl.NewNetworks(m.store, m.plane, m.Config.PublicCIDR, systemClock, m.Log)
	endpoints := ec2ctl.NewEndpoints(m.store, m.plane, systemClock, m.Log)
	m.control(ctx, "ec2.networks", networks, networks.Stats)
	m.control(ctx, "ec2.endpoints", endpoints, endpoints.Stats)
	m.control(ctx, "ec2.flow-logs", ec2ctl.NewFlowLogs(ec2ctl.FlowLogsOptions{
		Store: m.store, Plane: m.plane, Logs: logsctl.Writer{Store: m.store, Engine: m.tapped}, Clock: systemClock, Log: m.Log,
	}))
	m.control(ctx, "ec2.nat-metrics", ec2ctl.NewNATMetrics(ec2ctl.NATMetricsOptions{
		Store: m.store, Plane: m.plane, Metrics: m.metrics, Clock: systemClock, Log: m.Log,
	}))
}

func (m *Main) startBalancers(ctx context.Context) {
	balancers := elbv2ctl.New(elbv2ctl.Options{
		Store: m.store, Plane: m.plane, Proxy: m.proxy, Clock: systemClock, Log: m.Log,
		PublicPool: m.Config.PublicCIDR, LogSpool: m.Config.logSpoolDir(), Objects: elbv2ctl.Files{Dir: m.Config.accessLogsDir()},
		Metrics: m.metrics, Seal: m.seal,
	})
	renewer := acmctl.New(acmctl.Options{Store: m.store, Clock: systemClock, Seal: m.seal, Log: m.Log})
	m.control(ctx, "elbv2", balancers, balancers.Stats)
	m.control(ctx, "acm", renewer, renewer.Stats)
}

func (m *Main) startImages(ctx context.Context) {
	pushed := ecrctl.NewImages(ecrctl.Options{
		Store: m.store, Runtime: m.runtime, Registry: m.registry, Clock: systemClock, Log: m.Log,
	})
	expiring := ecrctl.NewLifecycle(m.store, systemClock, m.Log)
	m.control(ctx, "ecr", pushed, statsOf(pushed.Loops()...)...)
	m.control(ctx, "ecr.lifecycle", expiring, expiring.Loop().Stats)
}

// architecture is this machine's processor in ECS's words.
func architecture() string {
	if goruntime.GOARCH == "arm64" {
		return "ARM64"
	}
	return "X86_64"
}
