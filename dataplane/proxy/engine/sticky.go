package engine

import (
	"net/http"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy/balance"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/internal/clock"
)

// cookie returns the value of the client's cookie of a name.
func (x *exchange) cookie(name string) string {
	for i := range x.req.Fields {
		if f := &x.req.Fields[i]; f.Known == http1.Cookie {
			if v := balance.Cookie(f.Value, name); v != "" {
				return v
			}
		}
	}
	return ""
}

// sticky returns the target that the client's cookie names.
func (x *exchange) sticky(g *group) *balance.Target {
	switch g.TargetGroup.Sticky.Type {
	case "lb_cookie":
		v := x.cookie(balance.CookieTarget)
		if v == "" {
			v = x.cookie(balance.CookieTargetCORS)
		}
		return g.Group.Sticky(v)
	case "app_cookie":
		if x.cookie(g.TargetGroup.Sticky.Cookie) != "" {
			return g.Group.Sticky(x.cookie(balance.CookieApp))
		}
	}
	return nil
}

// stickyGroup returns the index of the group that the client's cookie names, -1
// for none. A group without weight takes no one back.
func (x *exchange) stickyGroup(a *action) int {
	if a.Forward.StickySeconds <= 0 {
		return -1
	}
	v := x.cookie(balance.CookieGroup)
	if v == "" {
		v = x.cookie(balance.CookieGroupCORS)
	}
	for i := range a.groups {
		if g := a.group(i); g != nil && v == g.key && a.Forward.Groups[i].Weight > 0 {
			return i
		}
	}
	return -1
}

// stick sets the cookies that bring the client back to its target.
func (x *exchange) stick() {
	s := x.group.TargetGroup.Sticky
	switch s.Type {
	case "lb_cookie":
		x.setCookie(balance.CookieTarget, balance.CookieTargetCORS, balance.Key(x.target.Ref), s.Duration)
	case "app_cookie":
		if x.setsCookie(s.Cookie) {
			x.setCookie(balance.CookieApp, "", balance.Key(x.target.Ref), s.Duration)
		}
	}
}

// setsCookie says that the target's answer sets a cookie of the name.
func (x *exchange) setsCookie(name string) bool {
	for i := range x.resp.Fields {
		f := &x.resp.Fields[i]
		if f.Known == http1.SetCookie && len(f.Value) > len(name) && f.Value[:len(name)] == name && f.Value[len(name)] == '=' {
			return true
		}
	}
	return false
}

// setCookie sets a cookie and its twin for requests from other sites.
func (x *exchange) setCookie(name, cors, value string, lives time.Duration) {
	expires := clock.System{}.Now().Add(lives).Format(http.TimeFormat)
	set := func(v string) { x.cookies = append(x.cookies, http1.Field{Name: "Set-Cookie", Value: v}) }
	set(name + "=" + value + "; Expires=" + expires + "; Path=/")
	if cors == "" {
		return
	}
	twin := cors + "=" + value + "; Expires=" + expires + "; Path=/; SameSite=None"
	if x.lst.secure {
		twin += "; Secure"
	}
	set(twin)
}
