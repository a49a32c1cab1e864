package engine

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy/route"
	"kaimon.dev/kaimon/internal/clock"
)

// accessLog appends a line per request to a file (Elastic Load Balancing user
// guide, "Access log entries").
type accessLog struct {
	mu   sync.Mutex
	file *os.File
	buf  *bufio.Writer
}

// openLog finds or opens a log. e.mu is held. A log that can't be opened is
// reported and left out: traffic matters more.
func (e *Engine) openLog(path string) *accessLog {
	if l := e.logs[path]; l != nil {
		return l
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		e.log.Error("no access log", "err", err)
		return nil
	}
	l := &accessLog{file: f, buf: bufio.NewWriterSize(f, 64<<10)}
	e.logs[path] = l
	return l
}

// closeLogs closes the logs that no load balancer writes any more. e.mu is held.
func (e *Engine) closeLogs() {
	used := map[*accessLog]bool{}
	for _, lb := range e.balancer {
		used[lb.log] = true
	}
	for path, l := range e.logs {
		if !used[l] {
			l.close()
			delete(e.logs, path)
		}
	}
}

func (l *accessLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Flush()
}

func (l *accessLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Flush()
	l.file.Close()
}

func (l *accessLog) write(x *exchange) {
	line := logLine(x, clock.System{}.Now(), clock.Monotonic())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.WriteString(line) // a failing disk stops no traffic
}

// logLine is a request's line in the access log.
func logLine(x *exchange, now time.Time, mono time.Duration) string {
	kind, host, cipher, version := "http", x.req.Host, "-", "-"
	if x.tls != nil {
		kind, cipher, version = "https", tls.CipherSuiteName(x.tls.CipherSuite), tls.VersionName(x.tls.Version)
	}
	if _, h2 := x.sink.(*sink2); h2 {
		kind = "h2"
	}
	targetAddr, group, targetStatus := "-", "-", "-"
	before, during, after := "-1", "-1", "-1"
	if x.target != nil {
		targetAddr, group = x.target.Ref.Addr.String(), x.group.ID
	}
	if x.resp.Status != 0 {
		targetStatus = strconv.Itoa(x.resp.Status)
		before, during, after = "0.000", seconds(mono-x.asked), "0.000"
	}
	action := "forward"
	switch a := x.lst.actions[min(x.rule, len(x.lst.actions)-1)]; {
	case a.Redirect != nil:
		action = "redirect"
	case a.Fixed != nil:
		action = "fixed-response"
	}
	class, reason := x.req.Grade.String(), x.req.Reason
	priority := 0
	if x.rule < len(x.lst.Rules) {
		priority = x.lst.Rules[x.rule].Priority
	}
	scheme := "http"
	if x.lst.secure {
		scheme = "https"
	}
	return fmt.Sprintf("%s %s %s %s %s %s %s %s %d %s %d %d %q %q %s %s %s %q %q %q %d %s %q %q %q %q %q %q %q\n",
		kind, stamp(now), dash(x.lst.lb.ID), x.peer, targetAddr, before, during, after,
		x.answer.status, targetStatus, max(x.req.Length, 0), max(x.answer.length, 0),
		x.req.Method+" "+scheme+"://"+route.Hostname(host)+":"+x.lst.port+x.req.Target+" HTTP/1."+strconv.Itoa(x.req.Minor),
		dash(x.req.Get("User-Agent")), cipher, version, group, dash(x.trace), dash(host), "-",
		priority, stamp(now.Add(x.began-mono)), action, dash(x.location), "-", targetAddr, targetStatus, class, dash(reason))
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000000Z") }

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
