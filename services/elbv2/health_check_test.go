package elbv2

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// group is a target group of a protocol with the checks that it gets by default.
func group(protocol, version string) *TargetGroup {
	g := &TargetGroup{Protocol: protocol, ProtocolVersion: version, TargetType: TypeIP}
	g.HealthCheck = DefaultHealthCheck(g)
	g.FillHealthCheck()
	return g
}

func TestDefaultHealthChecks(t *testing.T) {
	for _, tc := range []struct {
		protocol, version, check, path, http, grpc string
		timeout                                    time.Duration
	}{
		{HTTP, "HTTP1", HTTP, "/", "200", "", 5 * time.Second},
		{HTTPS, "HTTP2", HTTP, "/", "200", "", 5 * time.Second},
		{HTTP, "GRPC", HTTP, "/AWS.ALB/healthcheck", "", "12", 5 * time.Second},
		{TCP, "", TCP, "", "", "", 10 * time.Second},
		{TLS, "", TCP, "", "", "", 10 * time.Second},
		{UDP, "", TCP, "", "", "", 10 * time.Second},
		{TCPUDP, "", TCP, "", "", "", 10 * time.Second},
	} {
		h := group(tc.protocol, tc.version).HealthCheck
		if h.Protocol != tc.check || h.Path != tc.path || h.HTTPCode != tc.http || h.GRPCCode != tc.grpc || h.Timeout != tc.timeout {
			t.Errorf("%s %s: %+v", tc.protocol, tc.version, h)
		}
		if err := group(tc.protocol, tc.version).CheckHealthCheck(); err != nil {
			t.Errorf("%s %s: %v", tc.protocol, tc.version, err)
		}
	}
	over := group(TCP, "")
	over.HealthCheck.Protocol = HTTP
	if over.FillHealthCheck(); over.HealthCheck.HTTPCode != "200-399" || over.HealthCheck.Path != "/" {
		t.Errorf("HTTP for TCP: %+v", over.HealthCheck)
	}
}

func TestHealthCheckRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*TargetGroup)
		code   string
	}{
		"a protocol":         {func(g *TargetGroup) { g.HealthCheck.Protocol = "UDP" }, "ValidationError"},
		"TCP for HTTP":       {func(g *TargetGroup) { g.HealthCheck.Protocol = TCP }, "InvalidConfigurationRequest"},
		"port 0":             {func(g *TargetGroup) { g.HealthCheck.Port = "0" }, "ValidationError"},
		"port 65536":         {func(g *TargetGroup) { g.HealthCheck.Port = "65536" }, "ValidationError"},
		"a port by name":     {func(g *TargetGroup) { g.HealthCheck.Port = "http" }, "ValidationError"},
		"timeout = interval": {func(g *TargetGroup) { g.HealthCheck.Timeout = g.HealthCheck.Interval }, "ValidationError"},
		"a relative path":    {func(g *TargetGroup) { g.HealthCheck.Path = "ok" }, "ValidationError"},
		"off":                {func(g *TargetGroup) { g.HealthCheck.Enabled = false }, "InvalidConfigurationRequest"},
		"code 500":           {func(g *TargetGroup) { g.HealthCheck.HTTPCode = "500" }, "ValidationError"},
		"gRPC 100":           {func(g *TargetGroup) { g.HealthCheck.GRPCCode = "100" }, "ValidationError"},
	} {
		g := group(HTTP, "HTTP1")
		tc.change(g)
		if got := code(g.CheckHealthCheck()); got != tc.code {
			t.Errorf("%s: %q, want %q", name, got, tc.code)
		}
	}
}

func TestCodeLists(t *testing.T) {
	for list, want := range map[string]bool{
		"200": true, "200,302": true, "200-299": true, "200-299,404,500-599": true,
		"": false, ",": false, "200,": false, "200-": false, "-200": false, "299-200": false,
		"199": false, "600": false, "200 ,201": false, "20x": false, "200--201": false, "0200": false,
	} {
		if got := inRanges(list, 200, 599); got != want {
			t.Errorf("%q: %v", list, got)
		}
	}
}

// TestCodeListsOfNumbers holds against lists that are built from numbers.
func TestCodeListsOfNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		valid := true
		var parts []string
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			from, to := rapid.IntRange(100, 700).Draw(t, "from"), rapid.IntRange(100, 700).Draw(t, "to")
			if rapid.Bool().Draw(t, "range") {
				parts = append(parts, strconv.Itoa(from)+"-"+strconv.Itoa(to))
				valid = valid && from <= to
			} else {
				to = from
				parts = append(parts, strconv.Itoa(from))
			}
			valid = valid && from >= 200 && to <= 599
		}
		if list := strings.Join(parts, ","); inRanges(list, 200, 599) != valid {
			t.Fatalf("%q: %v", list, !valid)
		}
	})
}

// FuzzCodeLists holds that a list that passes consists of numbers in bounds.
func FuzzCodeLists(f *testing.F) {
	for _, s := range []string{"200", "200-299", "200,301-302", "-", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		if !inRanges(list, 200, 599) {
			return
		}
		for _, n := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '-' }) {
			if v, err := strconv.Atoi(n); err != nil || v < 200 || v > 599 {
				t.Errorf("%q passes", list)
			}
		}
	})
}

// TestLastCodes has application load balancers look for codes up to 499, network
// ones up to 599.
func TestLastCodes(t *testing.T) {
	for _, protocol := range []string{HTTP, TCP} {
		for c, want := range map[string]bool{"200-499": true, "200-599": protocol == TCP, "200-600": false} {
			g := group(protocol, "")
			g.HealthCheck.Protocol, g.HealthCheck.HTTPCode, g.HealthCheck.Path = HTTP, c, "/"
			if err := g.CheckHealthCheck(); (err == nil) != want {
				t.Errorf("%s %s: %v", protocol, c, err)
			}
		}
	}
}
