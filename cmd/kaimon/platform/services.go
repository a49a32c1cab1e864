package platform

import (
	"context"
	"net/http"
	goruntime "runtime"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
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
	networks := ec2ctl.NewNetworks(m.store, m.plane, m.Config.PublicCIDR, systemClock, m.Log)
	tasks := ecsctl.New(ecsctl.Options{
		Store: m.store, Runtime: m.runtime, Images: m.runtime, Plane: m.plane,
		Clock: systemClock, Log: m.Log, PublicPool: m.Config.PublicCIDR, Environment: m.taskEnvironment(),
	})
	balancers := elbv2ctl.New(elbv2ctl.Options{
		Store: m.store, Plane: m.plane, Proxy: m.proxy, Clock: systemClock, Log: m.Log,
		PublicPool: m.Config.PublicCIDR, LogSpool: m.Config.logSpoolDir(), Objects: elbv2ctl.Files{Dir: m.Config.accessLogsDir()},
		Metrics: m.metrics, Seal: m.seal,
	})
	for _, loop := range tasks.Loops() {
		m.health.loop(loop.Stats)
	}
	m.health.loop(networks.Stats)
	m.health.loop(balancers.Stats)
	pushed := ecrctl.NewImages(ecrctl.Options{
		Store: m.store, Runtime: m.runtime, Registry: m.registry, Clock: systemClock, Log: m.Log,
	})
	expiring := ecrctl.NewLifecycle(m.store, systemClock, m.Log)
	for _, loop := range append(pushed.Loops(), expiring.Loop()) {
		m.health.loop(loop.Stats)
	}
	m.background("ecr", func() error { return pushed.Run(ctx) })
	m.background("ecr.lifecycle", func() error { return expiring.Run(ctx) })
	renewer := acmctl.New(acmctl.Options{Store: m.store, Clock: systemClock, Seal: m.seal, Log: m.Log})
	m.health.loop(renewer.Stats)
	m.background("acm", func() error { return renewer.Run(ctx) })
	m.background("elbv2", func() error { return balancers.Run(ctx) })
	sweeper := logsctl.New(logsctl.Options{Store: m.store, Engine: m.tapped, Clock: systemClock, Log: m.Log})
	m.background("logs", func() error { return sweeper.Run(ctx) })
	flows := ec2ctl.NewFlowLogs(ec2ctl.FlowLogsOptions{
		Store: m.store, Plane: m.plane, Logs: logsctl.Writer{Store: m.store, Engine: m.tapped}, Clock: systemClock, Log: m.Log,
	})
	natMetrics := ec2ctl.NewNATMetrics(ec2ctl.NATMetricsOptions{
		Store: m.store, Plane: m.plane, Metrics: m.metrics, Clock: systemClock, Log: m.Log,
	})
	m.background("ec2.nat-metrics", func() error { return natMetrics.Run(ctx) })
	m.background("ec2.flow-logs", func() error { return flows.Run(ctx) })
	endpoints := ec2ctl.NewEndpoints(m.store, m.plane, systemClock, m.Log)
	m.health.loop(endpoints.Stats)
	m.background("ec2.endpoints", func() error { return endpoints.Run(ctx) })
	m.background("ec2.networks", func() error { return networks.Run(ctx) })
	m.background("ecs.tasks", func() error { return tasks.Run(ctx) })
}

// architecture is this machine's processor in ECS's words.
func architecture() string {
	if goruntime.GOARCH == "arm64" {
		return "ARM64"
	}
	return "X86_64"
}
