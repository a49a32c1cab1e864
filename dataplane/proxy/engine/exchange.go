package engine

import (
	"crypto/tls"
	"net/netip"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/balance"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/internal/clock"
)

// source is where a request's body comes from.
type source interface {
	Next() ([]byte, error) // as http1.Body's
	flushBefore(http1.Flusher)
	proceed() error                // 100 Continue, to who waits for it
	gather(to *http1.Writer) error // reads a small body as a whole
	abort()                        // lets Next fail from now on
	trailer() []http1.Field
}

// exchange is one request and its answer, whichever version of HTTP the client
// speaks.
type exchange struct {
	socket *socket
	lst    *listener
	req    *http1.Request
	peer   netip.AddrPort
	ip     string
	tls    *tls.ConnectionState
	source source
	sink   sink

	outgoing *http1.Writer // the request as it goes to a target
	resp     http1.Response
	respBody http1.Body
	answer   answer
	group    *group
	target   *target
	cookies  []http1.Field // to be set
	began    time.Duration
	asked    time.Duration // when the target was
	rule     int

	close     bool // the client's connection, after the answer
	started   bool // the answer's head is out
	broken    bool // the answer ends before its end
	tunnelled bool
	trace     string
	location  string
}

// reset makes the exchange ready for another request.
func (x *exchange) reset(s *socket, l *listener) {
	out, fields, cookies, heads := x.outgoing, x.resp.Fields, x.cookies, x.answer.fields
	if out == nil {
		out = http1.NewWriter(nil)
	}
	out.Drop()
	*x = exchange{socket: s, lst: l, outgoing: out, cookies: cookies[:0], began: clock.Monotonic()}
	x.resp.Fields, x.answer.fields = fields, heads[:0]
}

// run serves the request.
func (x *exchange) run() {
	if status := x.admit(); status != 0 {
		x.close = true
		x.own(status)
		x.account()
		return
	}
	x.rule = x.lst.table.Find(x.req, x.peer.Addr())
	a := &x.lst.actions[x.rule]
	switch {
	case a.Redirect != nil:
		x.lst.counter.Redirect()
		x.redirect(a.Redirect)
	case a.Fixed != nil:
		x.lst.counter.Fixed()
		x.fixed(a.Fixed)
	default:
		x.forward(a)
	}
	x.account()
}

// admit refuses what a load balancer refuses whatever its rules are.
func (x *exchange) admit() int {
	if x.req.Grade != http1.Compliant {
		x.lst.counter.Desync()
		switch x.lst.lb.Attributes.Desync {
		case "strictest":
			return 400
		case "monitor":
		default:
			x.close = x.close || x.req.Grade >= http1.Ambiguous
		}
	}
	if x.req.Method == "TRACE" {
		return 405
	}
	if x.req.Method == "CONNECT" {
		return 400
	}
	return 0
}

// maxChoices is how often a request may find that its target has begun to
// drain since its group was looked at.
const maxChoices = 4

// choose settles the target group and the target, and counts the request as
// the target's. It returns the status of the answer when there is none.
func (x *exchange) choose(a *action, not *target) int {
	for range maxChoices {
		if x.group == nil {
			x.group = x.chooseGroup(a)
		}
		g := x.group
		if g == nil || g.Len() == 0 {
			return 503
		}
		t := g.known[x.pick(g, not)]
		t.Begin()
		if !t.draining.Load() {
			x.target = t
			return 0
		}
		t.End()
		// The configuration has been swapped since: look again.
		x.group = nil
		l := x.socket.current.Load()
		if l == nil {
			return 503
		}
		if l != x.lst {
			x.lst = l
			x.rule = l.table.Find(x.req, x.peer.Addr())
			if a = &l.actions[x.rule]; a.Forward == nil {
				return 503
			}
		}
	}
	return 503
}

func (x *exchange) pick(g *group, not *target) *balance.Target {
	if not == nil {
		if t := x.sticky(g); t != nil {
			return t
		}
		return g.Pick(x.began, nil)
	}
	return g.Pick(x.began, not.Target)
}

// chooseGroup picks by weights, or by the cookie of a client that has been here.
func (x *exchange) chooseGroup(a *action) *group {
	f := a.Forward
	if f == nil {
		return nil
	}
	i := 0
	if len(a.groups) != 1 || f.StickySeconds > 0 {
		i = x.stickyGroup(a)
		if i < 0 {
			i = balance.Weighted(f.Groups)
		}
		if i < 0 {
			return nil
		}
		if g := a.group(i); f.StickySeconds > 0 && g != nil {
			x.setCookie(balance.CookieGroup, balance.CookieGroupCORS, g.key, time.Duration(f.StickySeconds)*time.Second)
		}
	}
	return a.group(i)
}

// account counts and logs the exchange.
func (x *exchange) account() {
	if x.lst.log != nil {
		x.lst.log.write(x)
	}
}

// answered counts a target's answer.
func (x *exchange) answered(status int) {
	after := clock.Monotonic() - x.asked
	x.lst.counter.Answer(status, after)
	x.group.counter(x.lst.node).Answer(status, after)
}

// canRetry says that a request may be sent twice (RFC 9110, 9.2.2).
func canRetry(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "PUT", "DELETE":
		return true
	}
	return false
}

// versionOf is a group's protocol version, HTTP/1.1 by default.
func versionOf(g *group) string {
	if g.Version == "" {
		return proxy.HTTP1
	}
	return g.Version
}
