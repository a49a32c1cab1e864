package platform

import (
	"context"
	"net"

	"kaimon.dev/kaimon/dataplane/registry"
	"kaimon.dev/kaimon/services/ecr/ecrctl"
)

// openRegistry puts the image registry between the store, which says what is in
// it, and the runtime, which has its content and starts containers from it.
func (m *Main) openRegistry(ctx context.Context) error {
	directory := &ecrctl.Directory{Store: m.store, Clock: systemClock}
	if err := directory.Prepare(ctx); err != nil {
		return wrap("registry", err)
	}
	content, err := m.runtime.RegistryContent(ctx)
	if err != nil {
		return wrap("registry", err)
	}
	m.registry = registry.New(registry.Options{Content: content, Directory: directory, Clock: systemClock, Log: m.Log})
	m.cache = &ecrctl.Cache{Directory: directory, Keeper: m.registry, Log: m.Log}
	directory.Cache = m.cache
	m.runtime.SetResolver((&ecrctl.Resolver{Directory: directory, Local: m.localAddress()}).Resolve)
	return nil
}

// localAddress is where clients on this machine reach the one port, host:port.
func (m *Main) localAddress() string {
	host, port, err := net.SplitHostPort(m.listener.Addr().String())
	if err != nil {
		return m.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
