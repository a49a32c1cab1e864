package gateway

import (
	"log/slog"
	"time"
)

// logAccess writes the access log's line of a call.
func (c *call) logAccess(bytes int, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", c.caller.RequestID),
		slog.String("method", c.r.Method),
		slog.String("service", c.serviceName()),
		slog.String("action", c.req.Operation),
		slog.String("region", c.caller.Region),
		slog.String("principal", c.caller.ARN),
		slog.Int("status", c.status),
		slog.Int("bytes", bytes),
		slog.Duration("duration", took),
	}
	if c.failure != "" {
		attrs = append(attrs, slog.String("error", c.failure))
	}
	c.log.LogAttrs(c.r.Context(), slog.LevelInfo, "request", attrs...)
}

// serviceName is the service's, or else what the request says of it.
func (c *call) serviceName() string {
	switch {
	case c.service != nil:
		return c.service.Name
	case c.req.Target != "":
		return c.req.Target
	case c.sig != nil:
		return c.sig.Scope.Service
	}
	return ""
}
