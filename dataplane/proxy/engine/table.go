package engine

import (
	"crypto/tls"
	"strconv"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/measure"
	"kaimon.dev/kaimon/dataplane/proxy/route"
)

// balancer is a load balancer as configured.
type balancer struct {
	proxy.LoadBalancer
	groups map[string]*slot // that its rules name

	// What follows belongs to Engine.change.
	nodes     []*node
	endpoints []endpointKey
	logs      []*accessLog
}

// listener is what an endpoint does with connections and requests; immutable.
type listener struct {
	proxy.Listener
	lb      *balancer
	node    *node
	counter *measure.Counter // of the load balancer, in the node's zone
	log     *accessLog       // nil for none
	port    string
	secure  bool
	tls     *tls.Config
	table   *route.Table
	actions []action // by rule, the default last
}

// action is a rule's action with its groups found.
type action struct {
	proxy.Action
	groups []*slot // beside Forward.Groups
}

// group is the group at an index, nil while there is none.
func (a *action) group(i int) *group { return a.groups[i].current.Load() }

// compile makes a listener for one node.
func (e *Engine) compile(l proxy.Listener, lb *balancer, n *node) (*listener, error) {
	out := &listener{
		Listener: l, lb: lb, node: n, port: strconv.Itoa(int(l.Port)),
		secure:  l.Protocol == proxy.HTTPS || l.Protocol == proxy.TLS,
		table:   route.Compile(l.Rules),
		counter: e.counter(lb.ID, "", n.zone),
	}
	if dir := lb.Attributes.AccessLog; dir != "" {
		if out.log = e.openLog(dir, n.key.address); out.log != nil {
			lb.logs = append(lb.logs, out.log)
		}
	}
	for i := range l.Rules {
		out.actions = append(out.actions, lb.action(l.Rules[i].Action))
	}
	out.actions = append(out.actions, lb.action(l.Default))
	if out.secure {
		var err error
		if out.tls, err = serverTLS(l, lb.Attributes); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (lb *balancer) action(a proxy.Action) action {
	out := action{Action: a}
	if a.Forward != nil {
		for _, w := range a.Forward.Groups {
			out.groups = append(out.groups, lb.groups[w.Group])
		}
	}
	return out
}

// idle is how long a connection may be without data.
func (lb *balancer) idle() time.Duration {
	switch {
	case lb.Attributes.IdleTimeout > 0:
		return lb.Attributes.IdleTimeout
	case lb.Type == proxy.Network:
		return 350 * time.Second
	}
	return 60 * time.Second
}

// lifetime is how long a client may keep one connection.
func (lb *balancer) lifetime() time.Duration {
	if lb.Attributes.ClientKeepAlive > 0 {
		return lb.Attributes.ClientKeepAlive
	}
	return time.Hour
}

// forwardsTo lists the groups that a load balancer's actions name.
func forwardsTo(lb *proxy.LoadBalancer) map[string]bool {
	used := map[string]bool{}
	add := func(a proxy.Action) {
		if a.Forward != nil {
			for _, g := range a.Forward.Groups {
				used[g.Group] = true
			}
		}
	}
	for i := range lb.Listeners {
		add(lb.Listeners[i].Default)
		for j := range lb.Listeners[i].Rules {
			add(lb.Listeners[i].Rules[j].Action)
		}
	}
	return used
}
