package elbv2ctl

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// place gives the world's load balancer nodes without a controller.
func (w *world) place(tx *store.Txn, subnets ...string) {
	status := elbv2.LoadBalancerStatus{LoadBalancer: w.balancer.ARN, State: elbv2.Provisioning}
	for i, s := range subnets {
		id := ec2.NewInterfaceID()
		eni, err := ec2.AllocateInterface(tx, scope, ec2.InterfaceRequest{ID: id, Subnet: s, Groups: []string{w.sg}, Seed: uint32(i)})
		if err != nil {
			w.t.Fatal(err)
		}
		status.Nodes = append(status.Nodes, elbv2.Node{Subnet: s, Interface: id, Address: eni.Address})
	}
	elbv2.LoadBalancerStatuses.Put(tx, status)
}

func (w *world) config() proxy.Config {
	everywhere := func(id string) (string, bool) { return "/ns/" + id, true }
	return planner{w.store.Snapshot(), everywhere, "/logs", box}.config()
}

func TestConfigOfAttributes(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *store.Txn) {
		w.place(tx, w.balancer.Subnets...)
		b := w.balancer
		b.Attributes = map[string]string{
			elbv2.IdleTimeout: "7", elbv2.XFFMode: "remove", elbv2.HTTP2Enabled: "false", elbv2.PreserveHost: "true",
			elbv2.AccessLogs: "true", elbv2.AccessLogBucket: "bucket", elbv2.AccessLogPrefix: "a/b",
		}
		elbv2.LoadBalancers.Put(tx, b)
		g := w.group
		g.Attributes = map[string]string{
			elbv2.DeregistrationDelay: "5", elbv2.Stickiness: "true", elbv2.StickinessType: elbv2.ApplicationCookie,
			elbv2.StickyCookie: "SID", elbv2.StickyApp: "60", elbv2.Algorithm: "weighted_random",
		}
		g.HealthCheck.Port = "8080"
		elbv2.TargetGroups.Put(tx, g)
	})
	c := w.config()
	a := c.LoadBalancers[0].Attributes
	want := proxy.Attributes{
		IdleTimeout: 7 * time.Second, ClientKeepAlive: time.Hour, Desync: "defensive", XFFMode: "remove", NoHTTP2: true, PreserveHost: true,
		AccessLog: "/logs/bucket/a/b/AWSLogs/000000000000/elasticloadbalancing/eu-west-1/app.web.0123456789abcdef",
	}
	if a != want {
		t.Errorf("attributes %+v, want %+v", a, want)
	}
	g := c.TargetGroups[0]
	if g.DeregistrationDelay != 5*time.Second || g.Algorithm != "weighted_random" || g.Health.Port != 8080 || g.Health.Matcher != "200" ||
		g.Sticky != (proxy.Stickiness{Type: "app_cookie", Duration: time.Minute, Cookie: "SID"}) {
		t.Errorf("group %+v", g)
	}
}

func TestConfigOfRules(t *testing.T) {
	w := newWorld(t)
	cert := acm.Certificate{ARN: "cert", Scope: scope, Body: "body\n", Chain: "chain\n"}
	cert.SealKey(box, []byte("key"))
	w.update(func(tx *store.Txn) {
		w.place(tx, w.balancer.Subnets...)
		acm.Certificates.Put(tx, cert)
		l := w.listen(tx, 443, elbv2.HTTPS, elbv2.Action{Type: elbv2.FixedResponse, Response: elbv2.Response{Status: 404, ContentType: "text/plain", Body: "no"}})
		l.Certificate, l.SSLPolicy = cert.ARN, elbv2.DefaultSSLPolicy
		elbv2.Listeners.Put(tx, l)
		elbv2.Rules.Put(tx, elbv2.Rule{
			ARN: elbv2.RuleARN(l.ARN, "1"), Scope: scope, Listener: l.ARN, LoadBalancer: l.LoadBalancer, Priority: 3,
			Conditions: []elbv2.Condition{
				{Field: elbv2.SourceIP, Values: []string{"10.0.0.0/8"}}, {Field: elbv2.QueryString, Pairs: []elbv2.Pair{{Key: "a", Value: "b"}}},
				{Field: elbv2.HTTPHeader, Header: "X-A", Values: []string{"*"}},
			},
			Actions: []elbv2.Action{{Type: elbv2.Redirect, RedirectTo: elbv2.RedirectTarget{Host: "example.com", Status: 302}}},
		})
	})
	at := slices.IndexFunc(w.config().LoadBalancers[0].Listeners, func(l proxy.Listener) bool { return l.Port == 443 })
	got := w.config().LoadBalancers[0].Listeners[at]
	if !reflect.DeepEqual(got.Certificates, []proxy.Certificate{{Chain: "body\nchain\n", Key: "key"}}) || got.TLSPolicy != elbv2.DefaultSSLPolicy {
		t.Errorf("TLS %+v", got)
	}
	if got.Default.Fixed == nil || got.Default.Fixed.Status != 404 || len(got.Rules) != 1 {
		t.Fatalf("listener %+v", got)
	}
	rule := got.Rules[0]
	want := []proxy.Condition{
		{Field: proxy.SourceIP, CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
		{Field: proxy.QueryString, Queries: []proxy.QueryPair{{Key: "a", Value: "b"}}},
		{Field: proxy.HTTPHeader, Header: "X-A", Values: []string{"*"}},
	}
	if rule.Priority != 3 || rule.Action.Redirect == nil || rule.Action.Redirect.Host != "example.com" || !reflect.DeepEqual(rule.Conditions, want) {
		t.Errorf("rule %+v", rule)
	}
}

func TestOnlyAttachedNodesAndUsedGroups(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *store.Txn) {
		w.place(tx, w.balancer.Subnets...)
		idle := w.group
		idle.ARN += "0"
		elbv2.TargetGroups.Put(tx, idle)
	})
	first := elbv2.NodesOf(w.store.Snapshot(), w.balancer.ARN)[0].Interface
	one := planner{w.store.Snapshot(), func(id string) (string, bool) { return "/ns", id == first }, "", box}.config()
	if len(one.LoadBalancers[0].Nodes) != 1 || len(one.TargetGroups) != 1 {
		t.Errorf("configuration %+v", one)
	}
	none := planner{w.store.Snapshot(), func(string) (string, bool) { return "", false }, "", box}.config()
	if len(none.LoadBalancers) != 0 {
		t.Errorf("configuration without nodes %+v", none)
	}
}

// TestNodesConverge holds that, whatever a load balancer has and wants, doing
// what the plan says leaves it with exactly one node in each wanted subnet.
func TestNodesConverge(t *testing.T) {
	w := newWorld(t)
	all := []string{w.subnets["eu-west-1a"], w.subnets["eu-west-1b"], w.subnets["eu-west-1c"]}
	rapid.Check(t, func(rt *rapid.T) {
		wanted := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 3, rapid.ID[string]).Draw(rt, "wanted")
		has := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 3, rapid.ID[string]).Draw(rt, "has")
		gone := rapid.Bool().Draw(rt, "gone")
		w.update(func(tx *store.Txn) {
			b := w.balancer
			b.Subnets = wanted
			elbv2.LoadBalancers.Put(tx, b)
			w.place(tx, has...)
			if gone {
				elbv2.LoadBalancers.Delete(tx, b.ARN)
			}
		})
		p := planNodes(w.store.Snapshot(), w.balancer.ARN, func(string) bool { return true })
		left := slices.DeleteFunc(slices.Clone(has), func(s string) bool {
			return slices.ContainsFunc(p.remove, func(n elbv2.Node) bool { return n.Subnet == s })
		})
		left = slices.Sorted(slices.Values(append(left, p.allocate...)))
		want := slices.Sorted(slices.Values(wanted))
		if gone {
			want = nil
		}
		if !slices.Equal(left, want) || p.forget != gone {
			rt.Fatalf("has %v, wants %v, gone %v: %+v", has, wanted, gone, p)
		}
	})
}

func TestOverdue(t *testing.T) {
	w := newWorld(t)
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	w.update(func(tx *store.Txn) {
		targets := []elbv2.Target{{ID: "172.31.0.9"}, {ID: "172.31.0.10"}}
		if err := elbv2.RegisterTargets(tx, w.group.ARN, targets, at); err != nil {
			t.Error(err)
		}
		if err := elbv2.DeregisterTargets(tx, w.group.ARN, targets[:1], at); err != nil {
			t.Error(err)
		}
	})
	if keys := overdue(w.store.Snapshot(), at.Add(5*time.Minute+grace)); len(keys) != 0 {
		t.Errorf("too early: %v", keys)
	}
	if keys := overdue(w.store.Snapshot(), at.Add(6*time.Minute+grace)); len(keys) != 1 || !strings.HasSuffix(keys[0], "|172.31.0.9:80") {
		t.Errorf("overdue: %v", keys)
	}
}
