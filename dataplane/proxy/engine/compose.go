package engine

import (
	"crypto/tls"
	"strings"

	"kaimon.dev/kaimon/dataplane/proxy/http1"
)

// maxForwardedFor is how many addresses X-Forwarded-For may hold (Elastic Load
// Balancing user guide, "HTTP 463").
const maxForwardedFor = 30

// compose writes the request's head as it goes to a target. It returns the
// status of the answer when it can't be sent.
func (x *exchange) compose() int {
	w := x.outgoing
	w.Drop()
	w.Text(x.req.Method, " ", x.req.Target, " HTTP/1.1\r\n")
	upgrade := x.req.Upgrade != "" && http1.Has(x.req.Get("Connection"), "upgrade") && x.req.Length == 0
	if !upgrade {
		x.req.Upgrade = ""
	}
	if status := x.fields(func(name, value string) { w.Field(name, value) }); status != 0 {
		return status
	}
	switch {
	case upgrade:
		w.Text("Connection: Upgrade\r\nUpgrade: ", x.req.Upgrade, "\r\n")
	case x.req.Grade >= http1.Ambiguous:
		w.Text("Connection: close\r\n")
	}
	switch {
	case x.req.Length == http1.Chunked:
		w.Text("Transfer-Encoding: chunked\r\n")
	case x.req.Length > 0 || x.req.Sized():
		w.Text("Content-Length: ")
		w.Int(x.req.Length)
		w.Text("\r\n")
	}
	w.Text("\r\n")
	return 0
}

// fields gives out the fields that a target gets: the client's without those
// that concern the connection, and those of the load balancer.
func (x *exchange) fields(put func(name, value string)) int {
	a := &x.lst.lb.Attributes
	put("Host", x.host())
	forwardedFor, trace := "", ""
	nominated := x.nominated()
	for i := range x.req.Fields {
		f := &x.req.Fields[i]
		switch {
		case f.Known == http1.Other:
			if a.DropInvalidHeader && f.Odd || nominated != "" && http1.Has(nominated, f.Name) {
				continue
			}
			put(f.Name, f.Value)
		case f.Known == http1.Host, f.Known == http1.Expect, f.Known.HopByHop():
		case f.Known == http1.XForwardedFor:
			if forwardedFor != "" {
				forwardedFor += ", "
			}
			forwardedFor += f.Value
		case f.Known == http1.XForwardedProto, f.Known == http1.XForwardedPort:
			if a.XFFMode == "preserve" {
				put(f.Name, f.Value)
			}
		case f.Known == http1.TraceID:
			trace = f.Value
		default:
			put(f.Name, f.Value)
		}
	}
	if strings.Count(forwardedFor, ",") >= maxForwardedFor {
		return 463
	}
	x.putForwarded(put, forwardedFor)
	x.trace = traceID(trace)
	put("X-Amzn-Trace-Id", x.trace)
	if a.TLSHeaders && x.tls != nil {
		put("X-Amzn-Tls-Version", strings.Replace(tls.VersionName(x.tls.Version), "TLS ", "TLSv", 1))
		put("X-Amzn-Tls-Cipher-Suite", tls.CipherSuiteName(x.tls.CipherSuite))
	}
	return 0
}

// nominated is the Connection field when it names others that are of this
// connection only.
func (x *exchange) nominated() string {
	v := x.req.Get("Connection")
	if strings.EqualFold(v, "keep-alive") || strings.EqualFold(v, "close") || strings.EqualFold(v, "upgrade") {
		return ""
	}
	return v
}

// host is the Host field for the target. Unless it is preserved, the listener's
// port is added where it isn't the protocol's own.
func (x *exchange) host() string {
	host := x.req.Host
	if x.lst.lb.Attributes.PreserveHost || host == "" {
		return host
	}
	if x.lst.Port == 80 || x.lst.Port == 443 || strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return host
	}
	return host + ":" + x.lst.port
}

// putForwarded gives out X-Forwarded-For and its kin by the load balancer's mode.
func (x *exchange) putForwarded(put func(name, value string), sofar string) {
	a := &x.lst.lb.Attributes
	switch a.XFFMode {
	case "preserve":
		if sofar != "" {
			put("X-Forwarded-For", sofar)
		}
		return
	case "remove":
	default:
		me := x.ip
		if a.XFFClientPort {
			me = x.peer.String()
		}
		if sofar != "" {
			me = sofar + ", " + me
		}
		put("X-Forwarded-For", me)
	}
	proto := "http"
	if x.lst.secure {
		proto = "https"
	}
	put("X-Forwarded-Proto", proto)
	put("X-Forwarded-Port", x.lst.port)
}

// answerHead makes the head of the answer from the target's.
func (x *exchange) answerHead() {
	a := &x.answer
	a.status, a.phrase, a.close = x.resp.Status, x.resp.Phrase, x.close
	a.noBody = x.resp.Status == 204
	a.elided = x.req.Method == "HEAD" || x.resp.Status == 304
	a.length = x.resp.Length
	if a.length < 0 {
		a.length = http1.Chunked
	}
	if a.elided {
		a.length = http1.Chunked
	}
	nominated := x.resp.Get("Connection")
	if strings.EqualFold(nominated, "close") || strings.EqualFold(nominated, "keep-alive") {
		nominated = ""
	}
	for i := range x.resp.Fields {
		f := &x.resp.Fields[i]
		switch {
		case f.Known.HopByHop() && !(f.Known == http1.ContentLength && a.elided):
		case f.Known == http1.Other && nominated != "" && http1.Has(nominated, f.Name):
		default:
			a.fields = append(a.fields, *f)
		}
	}
	a.fields = append(a.fields, x.cookies...)
}
