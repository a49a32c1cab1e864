package proxytest

import (
	"errors"
	"net/netip"
	"testing"

	"kaimon.dev/kaimon/dataplane/proxy"
)

func TestFake(t *testing.T) {
	var f Fake
	ref := proxy.TargetRef{Group: "tg", Addr: netip.MustParseAddrPort("10.0.0.1:80")}
	with := proxy.Config{TargetGroups: []proxy.TargetGroup{{
		ID: "tg", Targets: []proxy.Target{{Address: ref.Addr.Addr(), Port: 80}},
	}}}
	ctx := t.Context()
	if err := f.Change(ctx, proxy.Change{}); !errors.Is(err, proxy.ErrNotConfigured) {
		t.Error(err)
	}
	if err := f.Apply(ctx, with); err != nil {
		t.Fatal(err)
	}
	first := f.Reports(ctx)
	if r := <-first; !r.Full || len(r.Health) != 0 {
		t.Fatalf("%+v", r)
	}
	f.Say(proxy.Report{Health: []proxy.TargetHealth{{TargetRef: ref, State: proxy.StateHealthy}}})
	if r := <-first; r.Full || r.Health[0].State != proxy.StateHealthy {
		t.Fatalf("%+v", r)
	}
	if r := <-f.Reports(ctx); !r.Full || len(r.Health) != 1 {
		t.Fatalf("a late receiver got %+v", r)
	}
	gone := proxy.Change{GoneTargetGroups: []string{"tg"}}
	if err := f.Change(ctx, gone); err != nil {
		t.Fatal(err)
	}
	if r := <-f.Reports(ctx); !r.Full || len(r.Health) != 0 {
		t.Fatalf("a forgotten target is still reported: %+v", r)
	}
	f.Fail(errors.New("down"))
	if f.Apply(ctx, with) == nil || f.Change(ctx, gone) == nil {
		t.Fatal("no failure")
	}
	if len(f.Applied()) != 2 || len(f.Changes()) != 1 || len(f.Last().TargetGroups) != 0 {
		t.Fatalf("%+v", f.Applied())
	}
	if err := f.Acknowledge(ctx, 7); err != nil || f.Acknowledged() != 7 {
		t.Error(f.Acknowledged(), err)
	}
}
