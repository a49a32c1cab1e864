package servicediscoveryctl

import (
	"context"
	"fmt"
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/dns"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

var scope = aws.Scope{Account: "123456789012", Region: "eu-west-1"}

// world is a store with the namespaces local and shop.local in vpc-a, whose
// services are given.
func world(t *testing.T, services ...servicediscovery.Service) Names {
	t.Helper()
	s := store.OpenMemory(append(servicediscovery.Tables(), elbv2.Tables()...)...)
	t.Cleanup(func() { s.Close() })
	err := s.Update(context.Background(), func(tx *store.Txn) error {
		for id, name := range map[string]string{"ns-a": "local", "ns-b": "Shop.Local"} {
			servicediscovery.Namespaces.Put(tx, servicediscovery.Namespace{
				ID: id, Scope: scope, Name: name, Type: servicediscovery.DNSPrivate, VPC: "vpc-a", SOATTL: 15,
			})
		}
		for _, row := range services {
			row.Scope, row.Namespace = scope, "ns-b"
			servicediscovery.Services.Put(tx, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return Names{Store: s, Below: func(int) int { return 0 }}
}

func (z Names) register(t *testing.T, service, id string, attributes map[string]string) {
	t.Helper()
	err := z.Store.Update(context.Background(), func(tx *store.Txn) error {
		s, _ := servicediscovery.Services.Get(tx, service)
		return servicediscovery.RegisterInstance(tx, s, servicediscovery.Instance{ID: id, Attributes: attributes})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOwns(t *testing.T) {
	z := world(t)
	for name, want := range map[string]bool{"local.": true, "web.shop.local.": true, "x.local.": true, "notlocal.": false, "example.com.": false} {
		if got := z.Owns("vpc-a", name); got != want {
			t.Errorf("owns %s: %v", name, got)
		}
		if z.Owns("vpc-b", name) {
			t.Errorf("%s is known in another VPC", name)
		}
	}
	if r, ok := z.Records("vpc-a", "gone.shop.local."); ok || r.NegativeTTL != 15 {
		t.Errorf("nothing: %+v, %v", r, ok)
	}
	if _, ok := z.Records("vpc-a", "shop.local."); !ok {
		t.Error("the zone itself doesn't exist")
	}
}

func TestAddresses(t *testing.T) {
	z := world(t, servicediscovery.Service{
		ID: "srv-a", Name: "web", Routing: servicediscovery.Multivalue, CustomHealth: true, Records: []servicediscovery.Record{{Type: servicediscovery.A, TTL: 10}},
	})
	if _, ok := z.Records("vpc-a", "web.shop.local."); ok {
		t.Error("a service without instances has a name")
	}
	for i := range 12 {
		z.register(t, "srv-a", fmt.Sprintf("i-%02d", i), map[string]string{"AWS_INSTANCE_IPV4": fmt.Sprintf("10.0.0.%d", i)})
	}
	r, ok := z.Records("vpc-a", "web.shop.local.")
	if !ok || len(r.Addrs) != maxAnswers || r.TTL != 10 {
		t.Errorf("12 instances: %+v, %v", r, ok)
	}
	for i := range 11 {
		z.register(t, "srv-a", fmt.Sprintf("i-%02d", i), map[string]string{
			"AWS_INSTANCE_IPV4": fmt.Sprintf("10.0.0.%d", i), "AWS_INIT_HEALTH_STATUS": "UNHEALTHY",
		})
	}
	if addrs, _ := z.Lookup("vpc-a", "web.shop.local."); len(addrs) != 1 || addrs[0].String() != "10.0.0.11" {
		t.Errorf("one healthy: %v", addrs)
	}
	z.register(t, "srv-a", "i-11", map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.11", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY"})
	if addrs, _ := z.Lookup("vpc-a", "web.shop.local."); len(addrs) != maxAnswers {
		t.Errorf("none healthy: %v", addrs)
	}
}

// TestRandomPick holds that a weighted answer names whichever instance chance picks.
func TestRandomPick(t *testing.T) {
	z := world(t, servicediscovery.Service{
		ID: "srv-a", Name: "web", Routing: servicediscovery.Weighted, Records: []servicediscovery.Record{{Type: servicediscovery.A, TTL: 10}},
	})
	for i := range 3 {
		z.register(t, "srv-a", fmt.Sprint(i), map[string]string{"AWS_INSTANCE_IPV4": fmt.Sprintf("10.0.0.%d", i)})
	}
	for i := range 3 {
		z.Below = func(int) int { return i }
		if addrs, _ := z.Lookup("vpc-a", "web.shop.local."); len(addrs) != 1 || addrs[0].String() != fmt.Sprintf("10.0.0.%d", i) {
			t.Errorf("picked %d: %v", i, addrs)
		}
	}
}

func TestSRV(t *testing.T) {
	z := world(t, servicediscovery.Service{
		ID: "srv-a", Name: "_api._tcp", Routing: servicediscovery.Multivalue, Records: []servicediscovery.Record{{Type: servicediscovery.SRV, TTL: 10}},
	})
	z.register(t, "srv-a", "Task1", map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "8080"})
	r, ok := z.Records("vpc-a", "_api._tcp.shop.local.")
	want := dns.Service{Target: "task1._api._tcp.shop.local.", Port: 8080}
	if !ok || len(r.Services) != 1 || r.Services[0] != want || len(r.Addrs) != 0 {
		t.Errorf("got %+v, %v", r, ok)
	}
	if addrs, ok := z.Lookup("vpc-a", want.Target); !ok || len(addrs) != 1 || addrs[0].String() != "10.0.0.1" {
		t.Errorf("target: %v, %v", addrs, ok)
	}
	if _, ok := z.Lookup("vpc-a", "task2._api._tcp.shop.local."); ok {
		t.Error("an instance that isn't there has a name")
	}
}

func TestAliases(t *testing.T) {
	z := world(t,
		servicediscovery.Service{ID: "srv-a", Name: "db", Routing: servicediscovery.Weighted, Records: []servicediscovery.Record{{Type: servicediscovery.CNAME, TTL: 10}}},
		servicediscovery.Service{ID: "srv-b", Name: "lb", Routing: servicediscovery.Weighted, Records: []servicediscovery.Record{{Type: servicediscovery.A, TTL: 10}}},
	)
	z.register(t, "srv-a", "1", map[string]string{"AWS_INSTANCE_CNAME": "db.example.com"})
	if r, ok := z.Records("vpc-a", "db.shop.local."); !ok || r.CNAME != "db.example.com." {
		t.Errorf("got %+v, %v", r, ok)
	}
	z.register(t, "srv-b", "1", map[string]string{"AWS_ALIAS_DNS_NAME": "gone.eu-west-1.elb.localhost"})
	if r, ok := z.Records("vpc-a", "lb.shop.local."); !ok || len(r.Addrs) != 0 {
		t.Errorf("a load balancer that is gone: %+v, %v", r, ok)
	}
}
