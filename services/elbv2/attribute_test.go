package elbv2

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/aws"
)

// code returns the AWS code of an error, "" for none.
func code(err error) string {
	if e, ok := aws.AsError(err); ok {
		return e.Code
	}
	if err != nil {
		return "not an AWS error: " + err.Error()
	}
	return ""
}

var sets = map[string]AttributeSet{
	"application":          LoadBalancerAttributes(Application),
	"network":              LoadBalancerAttributes(Network),
	"HTTP group":           TargetGroupAttributes(HTTP),
	"TCP group":            TargetGroupAttributes(TCP),
	"UDP group":            TargetGroupAttributes(UDP),
	"UDP listener":         ListenerAttributes(TCPUDP),
	"application listener": ListenerAttributes(HTTPS),
	"network listener":     ListenerAttributes(TLS),
}

func TestDefaultsAreValid(t *testing.T) {
	for name, set := range sets {
		keys := map[string]bool{}
		for _, a := range set.All(nil) {
			if keys[a.Key] {
				t.Errorf("%s: %s is there twice", name, a.Key)
			}
			keys[a.Key] = true
			if !a.valid(a.Default) {
				t.Errorf("%s: the default %q of %s is not valid", name, a.Default, a.Key)
			}
			if set.Value(nil, a.Key) != a.Default {
				t.Errorf("%s: %s is %q by default", name, a.Key, set.Value(nil, a.Key))
			}
		}
	}
}

func TestAttributeValues(t *testing.T) {
	for _, tc := range []struct {
		set, key  string
		good, bad []string
	}{
		{"application", IdleTimeout, []string{"1", "4000"}, []string{"0", "4001", "", "x", "1.5", "01"}},
		{"application", ClientKeepAlive, []string{"60", "604800"}, []string{"59", "604801"}},
		{"application", Desync, []string{"monitor", "defensive", "strictest"}, []string{"", "Monitor"}},
		{"application", XFFMode, []string{"append", "preserve", "remove"}, []string{"drop"}},
		{"application", CrossZone, []string{"true"}, []string{"false"}},
		{"network", CrossZone, []string{"true", "false"}, []string{"yes"}},
		{"application", AccessLogBucket, []string{"", "my-logs.example"}, []string{"A", "a", "../x", "a/b"}},
		{"application", AccessLogPrefix, []string{"", "a", "a/b-c"}, []string{"/a", "a/", "..", "a/../b"}},
		{"HTTP group", DeregistrationDelay, []string{"0", "3600"}, []string{"-1", "3601"}},
		{"HTTP group", SlowStart, []string{"0", "30", "900"}, []string{"1", "29", "901"}},
		{"HTTP group", StickinessType, []string{BalancerCookie, ApplicationCookie}, []string{StickySource}},
		{"TCP group", StickinessType, []string{StickySource}, []string{BalancerCookie}},
		{"HTTP group", StickyCookie, []string{"", "SID"}, []string{"AWSALB", "AWSALBAPP-0", strings.Repeat("x", 257)}},
		{"HTTP group", StickyBalancer, []string{"1", "604800"}, []string{"0", "604801"}},
		{"HTTP group", "load_balancing.algorithm.anomaly_mitigation", []string{"off"}, []string{"on"}},
		{"network listener", "tcp.idle_timeout.seconds", []string{"350"}, []string{"60"}},
	} {
		t.Run(tc.set+" "+tc.key, func(t *testing.T) {
			set := sets[tc.set]
			for _, v := range tc.good {
				if out, err := set.Change(nil, map[string]string{tc.key: v}); err != nil || out[tc.key] != v {
					t.Errorf("%q: %v", v, err)
				}
			}
			for _, v := range tc.bad {
				if _, err := set.Change(nil, map[string]string{tc.key: v}); code(err) != "InvalidConfigurationRequest" {
					t.Errorf("%q: %v", v, err)
				}
			}
		})
	}
}

func TestUnknownAttributes(t *testing.T) {
	for name, set := range sets {
		if _, err := set.Change(nil, map[string]string{"nonsense": "1"}); code(err) != "ValidationError" {
			t.Errorf("%s: %v", name, err)
		}
		if set.Value(nil, "nonsense") != "" || set.On(nil, "nonsense") || set.Seconds(nil, "nonsense") != 0 {
			t.Errorf("%s: an unknown attribute has a value", name)
		}
	}
}

// TestChangesAddUp holds that a change changes what it names, and its argument
// not at all.
func TestChangesAddUp(t *testing.T) {
	set := sets["application"]
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.IntRange(-10, 5000)
		before := map[string]string{ClientKeepAlive: "60"}
		n := seconds.Draw(t, "idle timeout")
		after, err := set.Change(before, map[string]string{IdleTimeout: strconv.Itoa(n)})
		if valid := n >= 1 && n <= 4000; valid != (err == nil) {
			t.Fatalf("%d: %v", n, err)
		}
		if len(before) != 1 {
			t.Fatal("the old set was changed")
		}
		if err == nil && (set.Seconds(after, IdleTimeout) != n || set.Seconds(after, ClientKeepAlive) != 60) {
			t.Fatalf("%d: %v", n, after)
		}
	})
}

func TestAllShowsWhatWasSet(t *testing.T) {
	set := sets["application"]
	all := set.All(map[string]string{IdleTimeout: "7"})
	at := slices.IndexFunc(all, func(a Attribute) bool { return a.Key == IdleTimeout })
	if all[at].Default != "7" || set.Value(nil, IdleTimeout) != "60" {
		t.Errorf("shown %q, default %q", all[at].Default, set.Value(nil, IdleTimeout))
	}
}

func TestGroupAttributesTogether(t *testing.T) {
	g := &TargetGroup{Protocol: HTTP}
	for name, tc := range map[string]struct {
		set  map[string]string
		code string
	}{
		"nothing":                {nil, ""},
		"a cookie":               {map[string]string{Stickiness: "true", StickinessType: ApplicationCookie, StickyCookie: "SID"}, ""},
		"a cookie without name":  {map[string]string{Stickiness: "true", StickinessType: ApplicationCookie}, "InvalidConfigurationRequest"},
		"off, without name":      {map[string]string{StickinessType: ApplicationCookie}, ""},
		"slow start":             {map[string]string{SlowStart: "30"}, ""},
		"slow start and another": {map[string]string{SlowStart: "30", Algorithm: "weighted_random"}, "InvalidConfigurationRequest"},
	} {
		if got := code(CheckGroupAttributes(g, tc.set)); got != tc.code {
			t.Errorf("%s: %q, want %q", name, got, tc.code)
		}
	}
	if err := CheckGroupAttributes(&TargetGroup{Protocol: TCP}, nil); err != nil {
		t.Error(err)
	}
}
