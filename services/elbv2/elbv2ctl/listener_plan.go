package elbv2ctl

import (
	"net/netip"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/services/elbv2"
)

// listeners are a load balancer's ports, with their rules.
func (p planner) listeners(b *elbv2.LoadBalancer) []proxy.Listener {
	var out []proxy.Listener
	for l := range elbv2.ListenersOf(p.r, b.ARN) {
		listener := proxy.Listener{
			ID: l.ARN, Port: uint16(l.Port), Protocol: l.Protocol,
			Certificates: p.certificates(l), TLSPolicy: l.SSLPolicy,
		}
		for _, rule := range elbv2.RulesOf(p.r, l.ARN) {
			if rule.Default {
				listener.Default = actionOf(rule)
				continue
			}
			listener.Rules = append(listener.Rules, proxy.Rule{
				ID: rule.ARN, Priority: rule.Priority, Conditions: conditionsOf(rule), Action: actionOf(rule),
			})
		}
		out = append(out, listener)
	}
	return out
}

// actionOf is what a rule does; every rule has one action.
func actionOf(rule *elbv2.Rule) proxy.Action {
	a := rule.Actions[0]
	switch a.Type {
	case elbv2.Redirect:
		to := a.RedirectTo
		return proxy.Action{Redirect: &proxy.Redirect{
			Status: to.Status, Protocol: to.Protocol, Host: to.Host, Port: to.Port, Path: to.Path, Query: to.Query,
		}}
	case elbv2.FixedResponse:
		return proxy.Action{Fixed: &proxy.FixedResponse{
			Status: a.Response.Status, ContentType: a.Response.ContentType, Body: a.Response.Body,
		}}
	}
	forward := &proxy.Forward{StickySeconds: int(a.Sticky.Seconds())}
	for _, g := range a.TargetGroups {
		forward.Groups = append(forward.Groups, proxy.WeightedGroup{Group: g.ARN, Weight: g.Weight})
	}
	return proxy.Action{Forward: forward}
}

func conditionsOf(rule *elbv2.Rule) []proxy.Condition {
	var out []proxy.Condition
	for _, c := range rule.Conditions {
		condition := proxy.Condition{Field: c.Field, Header: c.Header, Values: c.Values}
		for _, pair := range c.Pairs {
			condition.Queries = append(condition.Queries, proxy.QueryPair{Key: pair.Key, Value: pair.Value})
		}
		if c.Field == elbv2.SourceIP {
			condition.Values = nil
			for _, v := range c.Values {
				condition.CIDRs = append(condition.CIDRs, netip.MustParsePrefix(v)) // checked by the API
			}
		}
		out = append(out, condition)
	}
	return out
}
