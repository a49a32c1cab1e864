package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/sigv4"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/internal/clock"
)

// call is one call of an AWS API on its way through the gateway.
type call struct {
	*Gateway
	log *slog.Logger
	r   *http.Request

	req     wire.Request
	sig     *sigv4.Signature
	service *wire.Service
	op      *wire.Operation
	codec   wire.Codec
	caller  aws.Caller

	end context.CancelFunc // of what an answer that goes on needs

	status  int    // of the answer
	failure string // the code of the error answered with
}

func (g *Gateway) serveCall(w http.ResponseWriter, r *http.Request) {
	began := g.opts.Clock.Now()
	c := &call{Gateway: g, log: g.opts.Log, r: r, end: func() {}}
	defer func() { c.end() }()
	c.caller.RequestID = clock.UUID()
	answer := c.answer(w)
	_ = http.NewResponseController(w).SetWriteDeadline(clock.System{}.Now().Add(g.opts.BodyTimeout))
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	c.status = answer.Status
	w.WriteHeader(answer.Status)
	n, _ := w.Write(answer.Body) // a client that has gone is no one's error
	if answer.Events != nil {
		n += c.stream(w, answer)
	}
	c.logAccess(n, g.opts.Clock.Now().Sub(began))
}

// stream writes what comes after an answer's body, and returns how many bytes
// that were.
func (c *call) stream(w http.ResponseWriter, answer *wire.Response) int {
	s := &eventSink{w: w, out: http.NewResponseController(w), patience: c.opts.BodyTimeout}
	if err := answer.Events(s); err != nil && s.failed == nil {
		c.log.Error("an event stream broke", "request_id", c.caller.RequestID, "action", c.req.Operation, "error", err)
	}
	return s.written
}

// eventSink sends each event at once, within a time of its own.
type eventSink struct {
	w        http.ResponseWriter
	out      *http.ResponseController
	patience time.Duration
	written  int
	failed   error // the client has gone
}

// Write implements io.Writer.
func (s *eventSink) Write(event []byte) (int, error) {
	_ = s.out.SetWriteDeadline(clock.System{}.Now().Add(s.patience))
	n, err := s.w.Write(event)
	s.written += n
	if err == nil {
		err = s.out.Flush()
	}
	s.failed = err
	return n, err
}

// answer is the way of a call. Whatever happens on it, there is an answer.
func (c *call) answer(w http.ResponseWriter) (answer *wire.Response) {
	defer func() {
		if p := recover(); p != nil {
			answer = c.fail(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	in, err := c.accept(w)
	if err != nil {
		return c.fail(err)
	}
	ctx := c.r.Context()
	if c.op.Streams() {
		ctx, c.end = untilStop(ctx)
	}
	out, err := c.op.Call(aws.WithCaller(ctx, c.caller), in)
	if err != nil {
		return c.fail(err)
	}
	answer, err = c.codec.Encode(c.service, c.op, out, c.caller.RequestID)
	if err != nil {
		return c.fail(err)
	}
	return answer
}

// accept reads, verifies, decodes, authorises and validates. The service and
// protocol are found even for a request that is refused, because the refusal is
// written in them; but the signature's verdict comes before any other.
func (c *call) accept(w http.ResponseWriter) (any, error) {
	var refused error
	c.sig, refused = sigv4.Parse(c.r)
	body, err := c.readBody(w, c.r)
	if err != nil {
		_, _ = c.find(nil)
		return nil, err
	}
	payload := body
	if refused == nil {
		payload, refused = c.verify(body)
	}
	plain, broken := c.decompress(c.r.Header, payload)
	unknown, detected := c.find(plain)
	switch {
	case refused != nil:
		return nil, refuse(refused, c.req, c.service)
	case broken != nil:
		return nil, broken
	case c.misaddressed():
		return nil, refuse(sigv4.WrongService(c.service.SigningName), c.req, c.service)
	case unknown != nil:
		c.log.Warn("unknown operation", "request_id", c.caller.RequestID, "service", c.serviceName(), "action", c.req.Operation,
			"path", c.r.URL.Path, "detected", detected, "user_agent", c.r.UserAgent())
		return nil, unknown
	}
	in, err := c.codec.Decode(c.service, c.op, c.r, plain)
	if err != nil {
		return nil, err
	}
	if err := c.opts.Authorizer.Authorize(c.r.Context(), c.caller, c.service.SigningName+":"+c.op.Name, in); err != nil {
		return nil, err
	}
	return in, c.service.Validate(c.op, in)
}

// verify checks the signature and tells who the caller is. It returns the body
// without what an S3 client wraps around it.
func (c *call) verify(body []byte) ([]byte, error) {
	sig := c.sig
	cred, ok := c.opts.Credentials.Credential(c.r.Context(), sig.AccessKeyID)
	if !ok {
		return body, sigv4.UnknownKey()
	}
	payload, err := c.verifier.Verify(c.r, sig, sigv4.Key{
		Secret:       string(cred.Secret),
		SessionToken: string(cred.SessionToken),
		Expires:      cred.Expires,
	}, body)
	if err != nil {
		return body, err
	}
	c.caller.Account, c.caller.Region = cred.Account, sig.Scope.Region
	c.caller.ARN, c.caller.UserID, c.caller.AccessKeyID = cred.ARN, cred.UserID, cred.AccessKeyID
	return payload, nil
}

// find fills in the request's protocol, service, operation and codec. There is
// always a codec afterwards, for the error at least.
func (c *call) find(body []byte) (err error, detected bool) {
	signed := ""
	if c.sig != nil {
		signed = c.sig.Scope.Service
	}
	c.req, detected = wire.Detect(c.r, body)
	if !detected {
		c.req.Protocol = undetected(signed)
		c.codec, _ = wire.CodecOf(c.req.Protocol)
		return aws.Errorf("UnknownOperationException", "The service or operation is not known."), false
	}
	c.service, c.op, c.codec, err = c.services.Find(c.req, signed)
	return err, true
}

// undetected is the protocol to refuse a request in that is in none: XML for
// people, and for the services whose clients understand nothing else.
func undetected(signed string) wire.Protocol {
	if slices.Contains([]string{"", "s3", "route53", "cloudfront"}, signed) {
		return wire.Query
	}
	return wire.JSON10
}

// misaddressed says that the request was signed for another service than the
// one that it names.
func (c *call) misaddressed() bool {
	return c.service != nil && c.service.SigningName != c.sig.Scope.Service
}

// fail renders an error: the one place where errors become answers. One that is
// no *aws.Error is the platform's own; its text stays in the log.
func (c *call) fail(err error) *wire.Response {
	e, ok := aws.AsError(err)
	if !ok {
		e = internalError(c.service)
		c.log.Error("internal error", "request_id", c.caller.RequestID, "service", c.serviceName(),
			"action", c.req.Operation, "error", err)
	}
	if c.codec == nil {
		_, _ = c.find(nil)
	}
	if c.service != nil {
		e = c.service.Complete(e)
	}
	c.failure = e.Code
	return c.codec.EncodeError(c.service, e, c.caller.RequestID)
}
