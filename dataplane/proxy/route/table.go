package route

import (
	"net/netip"
	"slices"
	"strings"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
)

// Table is a listener's rules, made ready. It is immutable.
type Table struct {
	rules    []rule
	fallback int // index that Find returns when no rule matches
}

type rule struct {
	conditions []condition
}

// condition says whether a request from a peer meets it.
type condition func(r *http1.Request, peer netip.Addr) bool

// Compile makes a listener's rules ready.
func Compile(rules []proxy.Rule) *Table {
	t := &Table{fallback: len(rules)}
	for i := range rules {
		var r rule
		for j := range rules[i].Conditions {
			r.conditions = append(r.conditions, compile(&rules[i].Conditions[j]))
		}
		t.rules = append(t.rules, r)
	}
	return t
}

// Find returns the index of the first rule that the request meets, or how many
// rules there are when only the default action is left.
func (t *Table) Find(r *http1.Request, peer netip.Addr) int {
	for i := range t.rules {
		if t.rules[i].meets(r, peer) {
			return i
		}
	}
	return t.fallback
}

func (r *rule) meets(req *http1.Request, peer netip.Addr) bool {
	for _, c := range r.conditions {
		if !c(req, peer) {
			return false
		}
	}
	return true
}

func compile(c *proxy.Condition) condition {
	switch c.Field {
	case proxy.HostHeader:
		values := wildcards(c.Values, true)
		return func(r *http1.Request, _ netip.Addr) bool { return anyMatch(values, Hostname(r.Host)) }
	case proxy.PathPattern:
		values := wildcards(c.Values, false)
		return func(r *http1.Request, _ netip.Addr) bool { return anyMatch(values, r.Path) }
	case proxy.Method:
		values := slices.Clone(c.Values)
		return func(r *http1.Request, _ netip.Addr) bool { return slices.Contains(values, r.Method) }
	case proxy.HTTPHeader:
		return headerCondition(c.Header, wildcards(c.Values, true))
	case proxy.QueryString:
		return queryCondition(c.Queries)
	case proxy.SourceIP:
		cidrs := slices.Clone(c.CIDRs)
		return func(_ *http1.Request, peer netip.Addr) bool {
			return slices.ContainsFunc(cidrs, func(p netip.Prefix) bool { return p.Contains(peer) })
		}
	}
	return func(*http1.Request, netip.Addr) bool { return false }
}

func headerCondition(name string, values []wildcard) condition {
	return func(r *http1.Request, _ netip.Addr) bool {
		for i := range r.Fields {
			f := &r.Fields[i]
			if len(f.Name) == len(name) && strings.EqualFold(f.Name, name) && anyMatch(values, f.Value) {
				return true
			}
		}
		return false
	}
}

func queryCondition(pairs []proxy.QueryPair) condition {
	type pair struct{ key, value wildcard }
	var wanted []pair
	for _, p := range pairs {
		if p.Key == "" {
			p.Key = "*"
		}
		wanted = append(wanted, pair{newWildcard(p.Key, true), newWildcard(p.Value, true)})
	}
	return func(r *http1.Request, _ netip.Addr) bool {
		for rest := r.Query; rest != ""; {
			var item string
			item, rest, _ = strings.Cut(rest, "&")
			key, value, _ := strings.Cut(item, "=")
			for _, w := range wanted {
				if w.key.match(key) && w.value.match(value) {
					return true
				}
			}
		}
		return false
	}
}

func wildcards(values []string, fold bool) []wildcard {
	var all []wildcard
	for _, v := range values {
		all = append(all, newWildcard(v, fold))
	}
	return all
}

func anyMatch(values []wildcard, s string) bool {
	for i := range values {
		if values[i].match(s) {
			return true
		}
	}
	return false
}

// Hostname is a Host field without its port.
func Hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 {
		return host[:i]
	}
	return host
}

// port is a Host field's port, or the empty string.
func port(host string) string {
	return strings.TrimPrefix(host[len(Hostname(host)):], ":")
}
