package engine

import (
	"crypto/tls"
	"strconv"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/balance"
	"kaimon.dev/kaimon/dataplane/proxy/measure"
	"kaimon.dev/kaimon/dataplane/proxy/route"
)

// balancer is a load balancer as configured; immutable.
type balancer struct {
	proxy.LoadBalancer
	counter *measure.Counter
	log     *accessLog // nil for none
	groups  map[string]*group
}

// listener is what a socket does with connections and requests; immutable.
type listener struct {
	proxy.Listener
	lb      *balancer
	node    *node
	port    string
	secure  bool
	tls     *tls.Config
	table   *route.Table
	actions []action // by rule, the default last
}

// action is a rule's action with its groups found.
type action struct {
	proxy.Action
	groups []*group // beside Forward.Groups; nil where one is unknown
}

// group is a target group as configured; immutable but for its balancer.
type group struct {
	proxy.TargetGroup
	*balance.Group
	counter *measure.Counter
	key     string // names the group in a cookie
	known   map[*balance.Target]*target
}

// listenerFor compiles a listener for one node.
func listenerFor(l proxy.Listener, lb *balancer, n *node) (*listener, error) {
	out := &listener{
		Listener: l, lb: lb, node: n, port: strconv.Itoa(int(l.Port)),
		secure: l.Protocol == proxy.HTTPS || l.Protocol == proxy.TLS,
		table:  route.Compile(l.Rules),
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
