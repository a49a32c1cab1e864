package route

import (
	"strings"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
)

// Location is where a redirect sends a request that came to a listener of the
// protocol and port (Elastic Load Balancing user guide, "Redirect actions").
// The port is always named, as there.
func Location(a *proxy.Redirect, r *http1.Request, protocol, listenerPort string) string {
	requestPort := port(r.Host)
	if requestPort == "" {
		requestPort = listenerPort
	}
	fill := strings.NewReplacer(
		"#{protocol}", protocol, "#{host}", Hostname(r.Host), "#{port}", requestPort,
		"#{path}", strings.TrimPrefix(r.Path, "/"), "#{query}", r.Query,
	)
	or := func(s, otherwise string) string {
		if s == "" {
			s = otherwise
		}
		return fill.Replace(s)
	}
	scheme := strings.ToLower(or(a.Protocol, "#{protocol}"))
	url := scheme + "://" + or(a.Host, "#{host}") + ":" + or(a.Port, "#{port}") + or(a.Path, "/#{path}")
	query := a.Query
	if query == "" {
		query = "#{query}"
	}
	if query = fill.Replace(query); query != "" {
		url += "?" + query
	}
	return url
}
