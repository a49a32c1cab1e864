package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/http1"
	"kaimon.dev/kaimon/dataplane/proxy/route"
	"kaimon.dev/kaimon/internal/clock"
)

// phrases are the reason phrases of a load balancer's own answers, where they
// differ from RFC 9110's.
var phrases = map[int]string{
	302: "Found",
	408: "Request Time-out",
	414: "Request-URI Too Large",
	463: "Bad Request",
	464: "Incompatible Protocol",
	503: "Service Temporarily Unavailable",
	504: "Gateway Time-out",
	505: "HTTP Version Not Supported",
}

func phraseOf(status int) string {
	if p := phrases[status]; p != "" {
		return p
	}
	if p := http.StatusText(status); p != "" {
		return p
	}
	return "Unknown"
}

// page is the body of a load balancer's own answer.
func page(status string) string {
	return "<html>\r\n<head><title>" + status + "</title></head>\r\n<body>\r\n<center><h1>" +
		status + "</h1></center>\r\n</body>\r\n</html>\r\n"
}

// own answers with a page of the load balancer, if nothing has been answered yet.
func (x *exchange) own(status int) {
	if x.started {
		x.broken = true
		return
	}
	x.lst.counter.Own(status)
	if x.group != nil {
		x.group.counter(x.lst.node).Own(status)
	}
	switch status {
	case 400, 408, 414, 431, 463, 501, 505:
		x.close = true
	}
	x.generate(status, "text/html", page(statusLine(status)))
}

func statusLine(status int) string {
	return string([]byte{byte('0' + status/100), byte('0' + status/10%10), byte('0' + status%10)}) + " " + phraseOf(status)
}

// generate answers with a body of our own.
func (x *exchange) generate(status int, contentType, body string, fields ...http1.Field) {
	a := &x.answer
	a.status, a.phrase = status, phraseOf(status)
	a.length, a.close = int64(len(body)), x.close
	a.fields = append(a.fields[:0],
		http1.Field{Name: "Server", Value: "awselb/2.0"},
		http1.Field{Name: "Date", Value: clock.System{}.Now().Format(http.TimeFormat)})
	if contentType != "" {
		a.fields = append(a.fields, http1.Field{Name: "Content-Type", Value: contentType})
	}
	a.fields = append(a.fields, fields...)
	x.sink.head(a)
	x.started = true
	var err error
	if x.req.Method != "HEAD" && body != "" {
		err = x.sink.write([]byte(body))
	}
	if end := x.sink.end(nil); err != nil || end != nil {
		x.broken = true
	}
}

func (x *exchange) redirect(r *proxy.Redirect) {
	protocol := "http"
	if x.lst.secure {
		protocol = "https"
	}
	x.location = route.Location(r, x.req, protocol, x.lst.port)
	status := r.Status
	if status == 0 {
		status = 302
	}
	x.generate(status, "text/html", page(statusLine(status)), http1.Field{Name: "Location", Value: x.location})
}

func (x *exchange) fixed(f *proxy.FixedResponse) {
	contentType := f.ContentType
	if contentType == "" {
		contentType = "text/plain"
	}
	if !strings.Contains(contentType, "charset") {
		contentType += "; charset=utf-8"
	}
	x.generate(f.Status, contentType, f.Body)
}

// clientFailed ends an exchange whose body can't be had from the client.
func (x *exchange) clientFailed(err error) {
	x.close = true
	switch {
	case isTimeout(err):
		x.own(408)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		x.lst.counter.Own(460)
		x.answer.status = 460
		x.broken = true
	default:
		x.own(400)
	}
}

// gatewayStatus is how a target's failure is answered.
func gatewayStatus(err error) int {
	if isTimeout(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH) {
		return 504
	}
	return 502
}

// errReset stands for a connection that the target has reset.
var errReset = errors.New("connection reset by the target")

func resetError(err error) error {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return errReset
	}
	return err
}
