package control

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/engine"
	"kaimon.dev/kaimon/internal/testenv"
)

// BenchmarkChange puts one changed target of 100 in force, over the socket and in
// the engine, alone and beside 99 other load balancers: as a piece, and as a
// whole configuration.
func BenchmarkChange(b *testing.B) {
	testenv.NeedRoot(b)
	for _, balancers := range []int{1, 100} {
		config := manyBalancers(balancers)
		for name, put := range map[string]func(proxy.Plane, proxy.TargetGroup) error{
			"piece": func(p proxy.Plane, g proxy.TargetGroup) error {
				return p.Change(b.Context(), proxy.Change{TargetGroups: []proxy.TargetGroup{g}})
			},
			"whole": func(p proxy.Plane, g proxy.TargetGroup) error {
				config.TargetGroups[0] = g
				return p.Apply(b.Context(), config)
			},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, balancers), func(b *testing.B) {
				p := benchPlane(b)
				if err := p.Apply(b.Context(), config); err != nil {
					b.Fatal(err)
				}
				g := config.TargetGroups[0]
				g.Targets = append([]proxy.Target(nil), g.Targets...)
				for i := 0; b.Loop(); i++ {
					g.Targets[0].Port = uint16(1000 + i%1000)
					if err := put(p, g); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// benchPlane is a client of an engine in this process.
func benchPlane(b *testing.B) proxy.Plane {
	log := slog.New(slog.DiscardHandler)
	socket := b.TempDir() + "/proxy.sock"
	l, err := Listen(socket)
	if err != nil {
		b.Fatal(err)
	}
	e := engine.New(log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- Serve(ctx, l, e, log) }()
	c, err := Open(b.Context(), Options{Socket: socket})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		c.Close()
		cancel()
		<-done
		e.Close()
	})
	return c
}

// manyBalancers have a listener and a group of 100 targets each, which aren't
// probed.
func manyBalancers(n int) (c proxy.Config) {
	for i := range n {
		group := fmt.Sprintf("arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/web/%016x", i)
		c.LoadBalancers = append(c.LoadBalancers, proxy.LoadBalancer{
			ID: fmt.Sprintf("arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/web/%016x", i), Type: proxy.Application,
			Nodes: []proxy.Node{{Address: netip.MustParseAddr("127.0.0.1")}},
			Listeners: []proxy.Listener{{
				ID: fmt.Sprint("l", i), Port: uint16(21000 + i), Protocol: proxy.HTTP,
				Default: proxy.Action{Forward: &proxy.Forward{Groups: []proxy.WeightedGroup{{Group: group, Weight: 1}}}},
			}},
		})
		g := proxy.TargetGroup{ID: group, Protocol: proxy.HTTP, Health: proxy.HealthCheck{Disabled: true}}
		for j := range 100 {
			g.Targets = append(g.Targets, proxy.Target{Address: netip.AddrFrom4([4]byte{10, byte(i), 0, byte(j)}), Port: 80})
		}
		c.TargetGroups = append(c.TargetGroups, g)
	}
	return c
}
