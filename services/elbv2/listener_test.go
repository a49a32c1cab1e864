package elbv2

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// listeners is a world with certificates.
func listeners(t *testing.T) (*store.Store, *LoadBalancer, *TargetGroup) {
	t.Helper()
	_, b, g := world(t, false)
	s := store.OpenMemory(append(append(ec2.Tables(), acm.Tables()...), Tables()...)...)
	t.Cleanup(func() { s.Close() })
	update(t, s, func(tx *store.Txn) error {
		ec2.EnsureDefaultVPC(tx, scope)
		LoadBalancers.Put(tx, *b)
		TargetGroups.Put(tx, *g)
		for i := range 30 {
			acm.Certificates.Put(tx, acm.Certificate{ARN: fmt.Sprintf("cert-%d", i), Scope: scope})
		}
		return nil
	})
	return s, b, g
}

func TestListenerChecks(t *testing.T) {
	s, b, g := listeners(t)
	update(t, s, func(tx *store.Txn) error { listen(tx, b, 80, g.ARN); return nil })
	var certificates []string
	for i := range 26 {
		certificates = append(certificates, fmt.Sprintf("cert-%d", i))
	}
	secure := func(change func(*Listener)) Listener {
		l := Listener{Protocol: HTTPS, Port: 443, Certificate: "cert-0", SSLPolicy: DefaultSSLPolicy}
		change(&l)
		return l
	}
	for name, tc := range map[string]struct {
		listener Listener
		code     string
	}{
		"HTTP":                     {Listener{Protocol: HTTP, Port: 81}, ""},
		"the port again":           {Listener{Protocol: HTTP, Port: 80}, "DuplicateListener"},
		"port 0":                   {Listener{Protocol: HTTP}, "ValidationError"},
		"TCP":                      {Listener{Protocol: TCP, Port: 81}, "ValidationError"},
		"HTTPS":                    {secure(func(*Listener) {}), ""},
		"HTTPS, no certificate":    {secure(func(l *Listener) { l.Certificate = "" }), "ValidationError"},
		"HTTPS, unknown":           {secure(func(l *Listener) { l.Certificate = "none" }), "CertificateNotFound"},
		"HTTPS, one unknown":       {secure(func(l *Listener) { l.Certificates = []string{"none"} }), "CertificateNotFound"},
		"HTTPS, no policy":         {secure(func(l *Listener) { l.SSLPolicy = "none" }), "SSLPolicyNotFound"},
		"HTTPS, 25 certificates":   {secure(func(l *Listener) { l.Certificates = certificates[1:] }), ""},
		"HTTPS, 26 certificates":   {secure(func(l *Listener) { l.Certificates = certificates }), "TooManyCertificates"},
		"HTTP with a certificate":  {secure(func(l *Listener) { l.Protocol = HTTP }), "InvalidConfigurationRequest"},
		"HTTP with a policy":       {secure(func(l *Listener) { l.Protocol, l.Certificate = HTTP, "" }), "InvalidConfigurationRequest"},
		"of another load balancer": {Listener{Protocol: HTTP, Port: 80, LoadBalancer: "none"}, "LoadBalancerNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			l := tc.listener
			l.Scope, l.ARN = scope, "new"
			if l.LoadBalancer == "" {
				l.LoadBalancer = b.ARN
			}
			if got := code(l.Check(s.Snapshot())); got != tc.code {
				t.Errorf("%q, want %q", got, tc.code)
			}
		})
	}
	users := Listener{ARN: "u", LoadBalancer: b.ARN, Certificate: "cert-1", Certificates: []string{"cert-2"}}
	update(t, s, func(tx *store.Txn) error { Listeners.Put(tx, users); return nil })
	for arn, want := range map[string]int{"cert-1": 1, "cert-2": 1, "cert-3": 0} {
		if got := UsersOfCertificate(s.Snapshot(), arn); len(got) != want {
			t.Errorf("%s is used by %v", arn, got)
		}
	}
}

func TestActions(t *testing.T) {
	s, b, g := listeners(t)
	update(t, s, func(tx *store.Txn) error {
		for name, change := range map[string]func(*TargetGroup){
			"tcp": func(g *TargetGroup) { g.Protocol = TCP }, "tls": func(g *TargetGroup) { g.Protocol = TLS },
			"udp": func(g *TargetGroup) { g.Protocol = UDP }, "both": func(g *TargetGroup) { g.Protocol = TCPUDP }, "grpc": func(g *TargetGroup) { g.ProtocolVersion = "GRPC" },
			"foreign": func(g *TargetGroup) { g.VPC = "vpc-other" }, "taken": func(*TargetGroup) {},
		} {
			row := *g
			row.ARN = name
			change(&row)
			TargetGroups.Put(tx, row)
		}
		other := *b
		other.ARN += "0"
		LoadBalancers.Put(tx, other)
		listen(tx, &other, 80, "taken")
		return nil
	})
	to := func(weight int, groups ...string) Action {
		a := Action{Type: Forward}
		for _, arn := range groups {
			a.TargetGroups = append(a.TargetGroups, WeightedGroup{arn, weight})
		}
		return a
	}
	sticky := to(1, g.ARN)
	sticky.Sticky = 8 * 24 * time.Hour
	unused := to(1, g.ARN)
	unused.Unused = sticky.Sticky
	redirect := func(to RedirectTarget) Action { return Action{Type: Redirect, RedirectTo: to} }
	for name, tc := range map[string]struct {
		protocol string
		action   Action
		code     string
	}{
		"forward":             {HTTP, to(1, g.ARN), ""},
		"to nothing":          {HTTP, to(1), "ValidationError"},
		"to none":             {HTTP, to(1, "none"), "TargetGroupNotFound"},
		"twice":               {HTTP, to(1, g.ARN, g.ARN), "ValidationError"},
		"to six":              {HTTP, to(1, "1", "2", "3", "4", "5", "6"), "TooManyTargetGroups"},
		"negative":            {HTTP, to(-1, g.ARN), "ValidationError"},
		"too heavy":           {HTTP, to(1000, g.ARN), "ValidationError"},
		"too sticky":          {HTTP, sticky, "ValidationError"},
		"too sticky, but off": {HTTP, unused, "ValidationError"},
		"to TCP":              {HTTP, to(1, "tcp"), "IncompatibleProtocols"},
		"gRPC over HTTP":      {HTTP, to(1, "grpc"), "InvalidConfigurationRequest"},
		"gRPC over HTTPS":     {HTTPS, to(1, "grpc"), ""},
		"another VPC's":       {HTTP, to(1, "foreign"), "InvalidConfigurationRequest"},
		"another's":           {HTTP, to(1, "taken"), "TargetGroupAssociationLimit"},
		"to two from TCP":     {TCP, to(1, g.ARN, "tcp"), "TooManyTargetGroups"},
		"an answer from TCP":  {TCP, Action{Type: FixedResponse}, "InvalidLoadBalancerAction"},
		"a redirect":          {HTTP, redirect(RedirectTarget{Protocol: HTTPS, Port: "443"}), ""},
		"to another path":     {HTTP, redirect(RedirectTarget{Path: "/new"}), ""},
		"to a relative path":  {HTTP, redirect(RedirectTarget{Path: "new"}), "ValidationError"},
		"to itself":           {HTTP, redirect(RedirectTarget{Host: "#{host}", Path: "/#{path}", Query: "a=b"}), "InvalidLoadBalancerAction"},
		"to nowhere":          {HTTP, redirect(RedirectTarget{Status: 301}), "InvalidLoadBalancerAction"},
		"from HTTPS to HTTP":  {HTTPS, redirect(RedirectTarget{Protocol: HTTP}), "InvalidLoadBalancerAction"},
		"an answer":           {HTTP, Action{Type: FixedResponse, Response: Response{Status: 200, ContentType: "text/html"}}, ""},
		"an answer of a kind": {HTTP, Action{Type: FixedResponse, Response: Response{ContentType: "image/png"}}, "ValidationError"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &Listener{Scope: scope, LoadBalancer: b.ARN, Protocol: tc.protocol}
			if got := code(CheckActions(s.Snapshot(), l, []Action{tc.action})); got != tc.code {
				t.Errorf("%q, want %q", got, tc.code)
			}
		})
	}
	network := *b
	network.Type, network.ARN = Network, "network"
	update(t, s, func(tx *store.Txn) error { LoadBalancers.Put(tx, network); return nil })
	for listener, groups := range map[string]string{TCP: "tcp both", TLS: "tcp tls", UDP: "udp both", TCPUDP: "both"} {
		for _, group := range []string{"tcp", "tls", "udp", "both", g.ARN} {
			want := "IncompatibleProtocols"
			if slices.Contains(strings.Fields(groups), group) {
				want = ""
			}
			l := &Listener{Scope: scope, LoadBalancer: network.ARN, Protocol: listener}
			if got := code(CheckActions(s.Snapshot(), l, []Action{to(1, group)})); got != want {
				t.Errorf("%s to %s: %q, want %q", listener, group, got, want)
			}
		}
	}
	l := &Listener{Scope: scope, LoadBalancer: b.ARN, Protocol: HTTP}
	if got := code(CheckActions(s.Snapshot(), l, nil)); got != "ValidationError" {
		t.Errorf("no action: %q", got)
	}
	if got := code(CheckActions(s.Snapshot(), l, []Action{to(1, g.ARN), to(1, g.ARN)})); got != "TooManyActions" {
		t.Errorf("two actions: %q", got)
	}
}

func TestRulesOrderAndPriorities(t *testing.T) {
	s, b, g := listeners(t)
	var l *Listener
	update(t, s, func(tx *store.Txn) error {
		l = listen(tx, b, 80, g.ARN)
		for i, priority := range []int{30, 10, 20} {
			Rules.Put(tx, Rule{ARN: fmt.Sprintf("rule-%d", i), Scope: scope, Listener: l.ARN, LoadBalancer: b.ARN, Priority: priority})
		}
		return nil
	})
	r := s.Snapshot()
	var order []int
	for _, rule := range RulesOf(r, l.ARN) {
		order = append(order, rule.Priority)
	}
	if fmt.Sprint(order) != "[10 20 30 0]" {
		t.Errorf("order %v", order)
	}
	if rule, ok := DefaultRule(r, l.ARN); !ok || !rule.Default {
		t.Errorf("default rule %+v", rule)
	}
	for priority, want := range map[int]string{0: "ValidationError", 50001: "ValidationError", 10: "PriorityInUse", 11: ""} {
		rule := Rule{ARN: "new", Listener: l.ARN, LoadBalancer: b.ARN, Priority: priority}
		if got := code(CheckRule(r, &rule)); got != want {
			t.Errorf("%d: %q, want %q", priority, got, want)
		}
	}
	if _, err := FindRule(r, scope, "none"); code(err) != "RuleNotFound" {
		t.Error(err)
	}
	if _, err := FindListener(r, scope, "none"); code(err) != "ListenerNotFound" {
		t.Error(err)
	}
}

func TestPolicies(t *testing.T) {
	for _, p := range SSLPolicies {
		if got, ok := PolicyNamed(p.Name); !ok || len(got.Protocols) == 0 {
			t.Errorf("%s: %+v", p.Name, got)
		}
	}
	if _, ok := PolicyNamed("none"); ok {
		t.Error("a policy that isn't there")
	}
}
