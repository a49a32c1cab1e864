package platform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"kaimon.dev/kaimon/aws/gateway"
	"kaimon.dev/kaimon/dataplane/logstore"
	"kaimon.dev/kaimon/dataplane/proxy/control"
	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/runtime/containerd"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
	"kaimon.dev/kaimon/services/logs/logsapi"
	"kaimon.dev/kaimon/services/logs/tap"
	"kaimon.dev/kaimon/store"
)

// shutdownPatience is how long calls under way may take when the server stops.
const shutdownPatience = 10 * time.Second

// metricsKept is how long minutes of metrics are kept.
const metricsKept = 3 * time.Hour

// Main is the server. Start brings it up, Close takes it down and leaves tasks
// running; a test that uses it is a test of the real thing.
type Main struct {
	Config Config
	Log    *slog.Logger

	access   Access
	store    *store.Store
	seal     *seal.Box // of secrets on the disk
	events   *logstore.Store
	tapped   tap.Engine // the same, with those who listen
	tails    *tap.Tails
	logs     *logsapi.Handlers // whose queries read events in the background
	runtime  *containerd.Runtime
	registry *registry.Registry
	cache    *ecrctl.Cache
	plane    *vpc.Kernel
	proxy    *control.Client
	metrics  *metric.Recent // what is counted by the minute, until a metrics service reads it
	server   *gateway.Server
	inside   *inside
	listener net.Listener
	health   *health

	pidFile *os.File // locked while the server lives
	stop    context.CancelFunc
	running sync.WaitGroup
	failed  chan error
}

// Start brings every part up and returns once calls are answered.
func (m *Main) Start(ctx context.Context) (err error) {
	if err := m.Config.Check(); err != nil {
		return err
	}
	m.failed = make(chan error, 1)
	m.health = newHealth()
	m.inside = newInside(m.Log)
	m.metrics = metric.NewRecent(metricsKept)
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
		}
	}()
	for _, dir := range []string{m.Config.DataDir, m.Config.runDir()} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return err
		}
	}
	if err := m.claim(); err != nil {
		return err
	}
	if m.listener, err = net.Listen("tcp", m.Config.Listen); err != nil {
		return fmt.Errorf("--listen: %w: give another with --listen HOST:PORT", err)
	}
	if err := m.openParts(ctx); err != nil {
		return err
	}
	if err := m.openRegistry(ctx); err != nil {
		return err
	}
	m.watchParts()
	if err := m.openAccess(ctx); err != nil {
		return err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	m.startControllers(run)
	m.logs = &logsapi.Handlers{Store: m.store, Engine: m.tapped, Tails: m.tails, Clock: systemClock, Hex: clock.Hex}
	options := m.gatewayOptions()
	m.server = gateway.NewServer(m.front(gateway.New(options)), m.Log)
	options.Hosts = nil // load balancers are reached as the VPC's rules have it
	m.inside.open(gateway.New(options))
	m.background("gateway", func() error { return m.server.Serve(m.listener) })
	return nil
}

// URL is where the server answers.
func (m *Main) URL() string { return "http://" + m.listener.Addr().String() }

// Failed receives the error of a part that ended though nobody stopped it; the
// server is of no use then.
func (m *Main) Failed() <-chan error { return m.failed }

// background runs a part until Close, and reports its failure.
func (m *Main) background(name string, run func() error) {
	m.health.part(name, func() error { return nil })
	m.running.Go(func() {
		if err := run(); err != nil {
			m.health.part(name, func() error { return err })
			m.Log.Error("a part of the server failed", "part", name, "error", err)
			select {
			case m.failed <- fmt.Errorf("%s: %w", name, err):
			default:
			}
		}
	})
}

// Close stops the server in the reverse order of Start: no new calls, then no
// controllers, then the parts that they work on. Tasks, networks and the store
// stay as they are.
func (m *Main) Close() error {
	var failed error
	if m.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
		failed = errors.Join(m.server.Shutdown(ctx), m.inside.close(ctx))
		cancel()
	} else if m.listener != nil {
		failed = m.listener.Close()
	}
	if m.stop != nil {
		m.stop()
	}
	m.running.Wait()
	if m.runtime != nil {
		failed = errors.Join(failed, m.runtime.Close())
	}
	if m.logs != nil {
		m.logs.Close()
	}
	if m.events != nil {
		failed = errors.Join(failed, m.events.Close())
	}
	if m.proxy != nil {
		failed = errors.Join(failed, m.proxy.Close())
	}
	if m.plane != nil {
		failed = errors.Join(failed, m.plane.Close())
	}
	if m.store != nil {
		failed = errors.Join(failed, m.store.Close())
	}
	if m.pidFile != nil {
		failed = errors.Join(failed, m.pidFile.Close())
	}
	return failed
}

// systemClock is the time that everything is handed.
var systemClock clock.Clock = clock.System{}
