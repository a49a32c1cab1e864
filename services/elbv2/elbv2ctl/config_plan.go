package elbv2ctl

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/seal"
	"kaimon.dev/kaimon/services/acm"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// planner turns rows into the proxy's configuration.
type planner struct {
	r store.Reader
	// netns is where an attached interface is.
	netns func(id string) (string, bool)
	logs  string
	seal  *seal.Box
}

// config is everything that the proxy shall do.
func (p planner) config() proxy.Config {
	var c proxy.Config
	var groups []string
	for b := range elbv2.LoadBalancers.All(p.r) {
		if piece, ok := p.balancer(b.ARN); ok {
			c.LoadBalancers = append(c.LoadBalancers, piece)
			groups = append(groups, forwards(&piece)...)
		}
	}
	slices.Sort(groups)
	for _, arn := range slices.Compact(groups) {
		if g, ok := elbv2.TargetGroups.Get(p.r, arn); ok {
			c.TargetGroups = append(c.TargetGroups, p.targetGroup(g))
		}
	}
	return c
}

// balancer is a load balancer with nodes, false when there is none.
func (p planner) balancer(arn string) (proxy.LoadBalancer, bool) {
	b, ok := elbv2.LoadBalancers.Get(p.r, arn)
	if !ok {
		return proxy.LoadBalancer{}, false
	}
	nodes := p.nodes(b)
	if len(nodes) == 0 {
		return proxy.LoadBalancer{}, false
	}
	return proxy.LoadBalancer{
		ID: b.ARN, Type: b.Type, Nodes: nodes, Listeners: p.listeners(b), Attributes: p.attributes(b),
	}, true
}

// group is a target group that a load balancer with nodes forwards to.
func (p planner) group(arn string) (proxy.TargetGroup, bool) {
	g, ok := elbv2.TargetGroups.Get(p.r, arn)
	if !ok {
		return proxy.TargetGroup{}, false
	}
	for _, user := range elbv2.LoadBalancersOf(p.r, arn) {
		if b, ok := elbv2.LoadBalancers.Get(p.r, user); ok && len(p.nodes(b)) > 0 {
			return p.targetGroup(g), true
		}
	}
	return proxy.TargetGroup{}, false
}

// forwards are the target groups that a load balancer's rules name.
func forwards(b *proxy.LoadBalancer) (groups []string) {
	add := func(a proxy.Action) {
		if a.Forward != nil {
			for _, g := range a.Forward.Groups {
				groups = append(groups, g.Group)
			}
		}
	}
	for _, l := range b.Listeners {
		add(l.Default)
		for _, rule := range l.Rules {
			add(rule.Action)
		}
	}
	return groups
}

func (p planner) nodes(b *elbv2.LoadBalancer) []proxy.Node {
	var out []proxy.Node
	for _, n := range elbv2.NodesOf(p.r, b.ARN) {
		netns, attached := p.netns(n.Interface)
		subnet, ok := ec2.Subnets.Get(p.r, n.Subnet)
		if attached && ok && slices.Contains(b.Subnets, n.Subnet) {
			out = append(out, proxy.Node{Zone: subnet.Zone, NetNS: netns, Address: n.Address})
		}
	}
	slices.SortFunc(out, func(a, b proxy.Node) int { return cmp.Compare(a.Zone, b.Zone) })
	return out
}

func (p planner) attributes(b *elbv2.LoadBalancer) proxy.Attributes {
	all, set := elbv2.LoadBalancerAttributes(b.Type), b.Attributes
	a := proxy.Attributes{
		NoCrossZone: !all.On(set, elbv2.CrossZone),
	}
	if all.On(set, elbv2.AccessLogs) {
		a.AccessLog = logDir(p.logs, b, all.Value(set, elbv2.AccessLogBucket), all.Value(set, elbv2.AccessLogPrefix))
	}
	if b.Type == elbv2.Application {
		a.IdleTimeout = seconds(all.Seconds(set, elbv2.IdleTimeout))
		a.ClientKeepAlive = seconds(all.Seconds(set, elbv2.ClientKeepAlive))
		a.Desync = all.Value(set, elbv2.Desync)
		a.DropInvalidHeader = all.On(set, elbv2.DropInvalidHeaders)
		a.PreserveHost = all.On(set, elbv2.PreserveHost)
		a.TLSHeaders = all.On(set, elbv2.TLSHeaders)
		a.XFFMode = all.Value(set, elbv2.XFFMode)
		a.XFFClientPort = all.On(set, elbv2.XFFClientPort)
		a.NoHTTP2 = !all.On(set, elbv2.HTTP2Enabled)
	}
	return a
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (p planner) targetGroup(g *elbv2.TargetGroup) proxy.TargetGroup {
	all, set := elbv2.TargetGroupAttributes(g.Protocol), g.Attributes
	out := proxy.TargetGroup{
		ID: g.ARN, Protocol: g.Protocol, Version: g.ProtocolVersion,
		Algorithm: all.Value(set, elbv2.Algorithm), Health: healthCheck(&g.HealthCheck),
		DeregistrationDelay: seconds(all.Seconds(set, elbv2.DeregistrationDelay)),
		DrainTerminates:     all.On(set, elbv2.ConnectionTermination),
		SlowStart:           seconds(all.Seconds(set, elbv2.SlowStart)),
		ProxyProtocolV2:     all.On(set, elbv2.ProxyProtocol),
	}
	if all.On(set, elbv2.Stickiness) {
		out.Sticky.Type = all.Value(set, elbv2.StickinessType)
		switch out.Sticky.Type {
		case elbv2.ApplicationCookie:
			out.Sticky.Cookie = all.Value(set, elbv2.StickyCookie)
			out.Sticky.Duration = seconds(all.Seconds(set, elbv2.StickyApp))
		case elbv2.BalancerCookie:
			out.Sticky.Duration = seconds(all.Seconds(set, elbv2.StickyBalancer))
		}
	}
	for t := range elbv2.TargetsOf(p.r, g.ARN) {
		at := t.Address()
		target := proxy.Target{Address: at.Addr(), Port: at.Port(), Draining: t.Draining()}
		if t.Target.Zone != elbv2.AllZones {
			target.Zone = t.Target.Zone
		}
		out.Targets = append(out.Targets, target)
	}
	return out
}

func healthCheck(h *elbv2.HealthCheck) proxy.HealthCheck {
	port, _ := strconv.ParseUint(h.Port, 10, 16) // 0 for the traffic port
	return proxy.HealthCheck{
		Disabled: !h.Enabled, Protocol: h.Protocol, Port: uint16(port), Path: h.Path,
		Interval: h.Interval, Timeout: h.Timeout, HealthyThreshold: h.Healthy, UnhealthyThreshold: h.Unhealthy,
		Matcher: h.HTTPCode + h.GRPCCode, // one of them is set
	}
}

// certificates are a listener's certificates with their keys, the default first.
func (p planner) certificates(l *elbv2.Listener) []proxy.Certificate {
	var out []proxy.Certificate
	for _, arn := range l.AllCertificates() {
		c, ok := acm.Certificates.Get(p.r, arn)
		if !ok {
			continue
		}
		// Without its key the proxy refuses the certificate, and says so.
		key, _ := c.PrivateKey(p.seal)
		out = append(out, proxy.Certificate{Chain: c.Body + c.Chain, Key: string(key)})
	}
	return out
}
