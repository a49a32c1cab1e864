package engine

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy/route"
	"kaimon.dev/kaimon/internal/clock"
)

// logPeriod is how often an access log is delivered, and logSize when earlier
// (Elastic Load Balancing user guide, "Access logs for your Application Load
// Balancer").
const (
	logPeriod = 5 * time.Minute
	logSize   = 32 << 20
)

// accessLog gathers a line per request that came to a node. Until its time is
// over a file's name is that of its node, and ends in ".part"; then it is
// <node>_<end of the period>_<random>.log, and for others to take away.
type accessLog struct {
	log   *slog.Logger
	path  string // without its ending
	users int    // listeners; under Engine.mu

	mu    sync.Mutex
	file  *os.File
	buf   *bufio.Writer
	until time.Time // the end of the period
	size  int
}

// openLog finds or opens a node's log in a directory. e.mu is held. A log that
// can't be opened is reported and left out: traffic matters more.
func (e *Engine) openLog(dir string, node netip.Addr) *accessLog {
	path := filepath.Join(dir, node.String())
	l := e.logs[path]
	if l == nil {
		l = &accessLog{log: e.log, path: path}
		if err := l.open(clock.System{}.Now()); err != nil {
			e.log.Error("no access log", "err", err)
			return nil
		}
		e.logs[path] = l
	}
	l.users++
	return l
}

// closeLog takes a listener's share in a log back. e.mu is held.
func (e *Engine) closeLog(l *accessLog) {
	if l.users--; l.users == 0 {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.finish()
		delete(e.logs, l.path)
	}
}

// open begins a period; what a dead process has left is part of it.
func (l *accessLog) open(now time.Time) error {
	f, err := os.OpenFile(l.path+".part", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	l.file, l.buf, l.size = f, bufio.NewWriterSize(f, 64<<10), 0
	l.until = now.Truncate(logPeriod).Add(logPeriod)
	return nil
}

// finish ends a file. One without lines goes.
func (l *accessLog) finish() {
	if l.file == nil {
		return
	}
	err := l.buf.Flush()
	st, serr := l.file.Stat()
	err = errors.Join(err, serr, l.file.Close())
	l.file = nil
	if serr == nil && st.Size() == 0 {
		err = errors.Join(err, os.Remove(l.path+".part"))
	} else {
		name := l.path + "_" + l.until.Format("20060102T1504Z") + "_" + clock.Hex(4) + ".log"
		err = errors.Join(err, os.Rename(l.path+".part", name))
	}
	if err != nil {
		l.log.Error("access log", "err", err)
	}
}

// tidy sends lines to the disk, and begins another file when it is time.
func (l *accessLog) tidy(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil && now.Before(l.until) && l.size < logSize {
		l.buf.Flush() // a failing disk stops no traffic
		return
	}
	l.finish()
	if err := l.open(now); err != nil {
		l.log.Error("access log", "err", err)
	}
}

func (l *accessLog) write(x *exchange) {
	line := logLine(x, clock.System{}.Now(), clock.Monotonic())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		l.buf.WriteString(line)
		l.size += len(line)
	}
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
