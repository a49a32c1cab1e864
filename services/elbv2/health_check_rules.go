package elbv2

import (
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/internal/lazyregexp"
)

// DefaultHealthCheck is what a new group gets where the request says nothing
// (ELBv2 API Reference, CreateTargetGroup).
func DefaultHealthCheck(g *TargetGroup) HealthCheck {
	h := HealthCheck{
		Enabled: true, Protocol: HTTP, Port: TrafficPort,
		Interval: 30 * time.Second, Timeout: 5 * time.Second, Healthy: 5, Unhealthy: 2,
	}
	if !g.Layer7() {
		h.Protocol, h.Timeout = TCP, 10*time.Second
	}
	return h
}

// FillHealthCheck gives a group's check what its protocol needs and it lacks.
func (g *TargetGroup) FillHealthCheck() {
	h := &g.HealthCheck
	switch {
	case h.Protocol == TCP:
		h.Path, h.HTTPCode, h.GRPCCode = "", "", ""
		return
	case g.ProtocolVersion == "GRPC":
		h.Path, h.GRPCCode = either(h.Path, "/AWS.ALB/healthcheck"), either(h.GRPCCode, "12")
	default:
		codes := "200"
		if !g.Layer7() {
			codes = "200-399"
		}
		h.Path, h.HTTPCode = either(h.Path, "/"), either(h.HTTPCode, codes)
	}
}

func either(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

var codeList = lazyregexp.New(`^\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*$`)

// CheckHealthCheck says what is wrong with a group's check. The intervals and
// thresholds are bounded by the model.
func (g *TargetGroup) CheckHealthCheck() error {
	h := &g.HealthCheck
	port, err := strconv.Atoi(h.Port)
	switch {
	case h.Protocol != HTTP && h.Protocol != HTTPS && h.Protocol != TCP:
		return errValidation("Health check protocol '%s' is not supported", h.Protocol)
	case h.Protocol == TCP && g.Layer7():
		return ErrInvalidConfiguration("Health check protocol '%s' is not supported for target groups with the protocol '%s'", h.Protocol, g.Protocol)
	case h.Port != TrafficPort && (err != nil || port < 1 || port > 65535):
		return errValidation("Health check port '%s' must be '%s' or in the range 1-65535", h.Port, TrafficPort)
	case h.Timeout >= h.Interval:
		return errValidation("Health check timeout '%d' must be smaller than the interval '%d'", int(h.Timeout.Seconds()), int(h.Interval.Seconds()))
	case h.Path != "" && !strings.HasPrefix(h.Path, "/"):
		return errValidation("Health check path '%s' must begin with '/'", h.Path)
	case !h.Enabled && g.TargetType != "lambda":
		return ErrInvalidConfiguration("Health check enabled must be true for target groups with target type '%s'", g.TargetType)
	case h.GRPCCode != "" && !inRanges(h.GRPCCode, 0, 99):
		return errValidation("Health check matcher GRPC code '%s' must be within '0-99' inclusive", h.GRPCCode)
	case h.HTTPCode != "" && !inRanges(h.HTTPCode, 200, g.lastCode()):
		return errValidation("Health check matcher HTTP code '%s' must be within '200-%d' inclusive", h.HTTPCode, g.lastCode())
	}
	return nil
}

// lastCode is the highest status that the group's matcher may name (ELBv2 API
// Reference, Matcher).
func (g *TargetGroup) lastCode() int {
	if g.Layer7() {
		return 499
	}
	return 599
}

// inRanges says whether a list of codes and ranges is well-formed and in bounds.
func inRanges(list string, low, high int) bool {
	if !codeList.MatchString(list) {
		return false
	}
	for _, part := range strings.Split(list, ",") {
		from, to, ranged := strings.Cut(part, "-")
		a, _ := strconv.Atoi(from) // digits, by the pattern
		b := a
		if ranged {
			b, _ = strconv.Atoi(to)
		}
		if a < low || b > high || b < a {
			return false
		}
	}
	return true
}
