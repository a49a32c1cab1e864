package elbv2ctl

import (
	"fmt"
	"math"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/metric"
	"kaimon.dev/kaimon/services/elbv2"
)

var minute = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// byName indexes data by name and dimensions.
func byName(data []metric.Datum) map[string]metric.Datum {
	out := map[string]metric.Datum{}
	for _, d := range data {
		key := d.ID.Namespace + " " + d.ID.Name
		for _, dimension := range d.ID.Dimensions {
			key += " " + dimension.Name + "=" + dimension.Value
		}
		out[key] = d
	}
	return out
}

func TestApplicationMetrics(t *testing.T) {
	lb, group := elbv2.LoadBalancerARN(scope, elbv2.Application, "web", "1"), elbv2.TargetGroupARN(scope, "web", "2")
	times := func(v float64) map[string]proxy.Distribution {
		return map[string]proxy.Distribution{"TargetResponseTime": {Count: 2, Sum: 2 * v, Min: v, Max: v, Bins: []proxy.Bin{{Value: v, Count: 2}}}}
	}
	of := func(zone, group string, v float64, counts map[string]float64) proxy.Minute {
		return proxy.Minute{Start: minute, LoadBalancer: lb, Zone: zone, Group: group, Counts: counts, Times: times(v)}
	}
	got := byName(metricsOf([]proxy.Minute{
		of("a", "", 1, map[string]float64{"RequestCount": 2, "NewConnectionCount": 1, "ProcessedBytes": 10, "HTTPCode_ELB_502_Count": 1}),
		of("b", "", 3, map[string]float64{"RequestCount": 4, "NewConnectionCount": 2}),
		of("a", group, 1, map[string]float64{"RequestCount": 2, "HealthyHostCount": 1, "UnHealthyHostCount": 0, "HTTPCode_ELB_5XX_Count": 1}),
		of("b", group, 3, map[string]float64{"RequestCount": 4, "HealthyHostCount": 1, "UnHealthyHostCount": 1}),
	}))
	const ns, ofLB, inA, ofTG = "AWS/ApplicationELB ", " LoadBalancer=app/web/1", " AvailabilityZone=a", " TargetGroup=targetgroup/web/2"
	for key, want := range map[string]float64{
		ns + "RequestCount" + ofLB: 6, ns + "RequestCount" + inA + ofLB: 2, ns + "RequestCount" + ofLB + ofTG: 6, ns + "RequestCount" + inA + ofLB + ofTG: 2,
		ns + "NewConnectionCount" + ofLB: 3, ns + "ProcessedBytes" + ofLB: 10,
		ns + "HTTPCode_ELB_502_Count" + ofLB: 1, ns + "HTTPCode_ELB_502_Count" + inA + ofLB: 1,
		ns + "HealthyHostCount" + ofLB + ofTG: 2, ns + "UnHealthyHostCount" + ofLB + ofTG: 1, ns + "UnHealthyHostCount" + inA + ofLB + ofTG: 0,
		ns + "RequestCountPerTarget" + ofLB + ofTG: 2, ns + "RequestCountPerTarget" + ofTG: 2,
		ns + "TargetResponseTime" + ofLB: 8, ns + "TargetResponseTime" + ofLB + ofTG: 8,
	} {
		d, ok := got[key]
		if !ok || d.Sum != want || !d.At.Equal(minute) || d.ID.Account != scope.Account || d.ID.Region != scope.Region {
			t.Errorf("%s: %+v, want %v", key, d, want)
		}
	}
	for _, none := range []string{"NewConnectionCount" + inA + ofLB, "HealthyHostCount" + ofLB, "HTTPCode_ELB_5XX_Count" + ofLB + ofTG} {
		if d, ok := got[ns+none]; ok {
			t.Errorf("AWS has no %s: %+v", none, d)
		}
	}
	if d := got[ns+"TargetResponseTime"+ofLB]; d.Samples != 4 || d.Min != 1 || d.Max != 3 || d.Unit != metric.Seconds || fmt.Sprint(d.Distribution) != "[{1 2} {3 2}]" {
		t.Errorf("response time %+v", d)
	}
	if d := got[ns+"RequestCount"+ofLB]; d.Samples != 6 || d.Min != 1 || d.Max != 1 {
		t.Errorf("requests %+v", d)
	}
	if d := got[ns+"ProcessedBytes"+ofLB]; d.Unit != metric.Bytes || d.Samples != 1 {
		t.Errorf("bytes %+v", d)
	}
}

func TestNetworkMetrics(t *testing.T) {
	lb, group := elbv2.LoadBalancerARN(scope, elbv2.Network, "db", "1"), elbv2.TargetGroupARN(scope, "db", "2")
	got := byName(metricsOf([]proxy.Minute{
		{Start: minute, LoadBalancer: lb, Zone: "a", Counts: map[string]float64{"NewFlowCount": 3, "NewFlowCount_UDP": 3, "ProcessedBytes_UDP": 9}},
		{Start: minute, LoadBalancer: lb, Zone: "a", Group: group, Counts: map[string]float64{"NewFlowCount": 3, "HealthyHostCount": 2, "UnHealthyHostCount": 0}},
	}))
	var names []string
	for key, d := range got {
		names = append(names, key)
		if d.ID.Namespace != "AWS/NetworkELB" {
			t.Error(key)
		}
	}
	// Three metrics by balancer and by zone, two by group and by group and zone.
	if len(names) != 10 || got["AWS/NetworkELB ProcessedBytes_UDP LoadBalancer=net/db/1"].Unit != metric.Bytes {
		t.Errorf("%v", names)
	}
	if d := got["AWS/NetworkELB HealthyHostCount LoadBalancer=net/db/1 TargetGroup=targetgroup/db/2"]; d.Sum != 2 {
		t.Errorf("%+v", d)
	}
	if data := metricsOf([]proxy.Minute{{LoadBalancer: "", Counts: map[string]float64{"RequestCount": 1}}}); len(data) != 0 {
		t.Errorf("metrics of nobody: %+v", data)
	}
}

func TestJoined(t *testing.T) {
	a := proxy.Distribution{Count: 1, Sum: 1, Min: 1, Max: 1, Bins: []proxy.Bin{{Value: 1, Count: 1}}}
	if got := joined(proxy.Distribution{}, a); fmt.Sprint(got) != fmt.Sprint(a) {
		t.Errorf("with nothing %+v", got)
	}
	b := proxy.Distribution{Count: 2, Sum: 0.5, Min: 0.1, Max: 0.4, Bins: []proxy.Bin{{Value: 0.2, Count: 1}, {Value: 1, Count: 1}}}
	got := joined(a, b)
	if got.Count != 3 || math.Abs(got.Sum-1.5) > 1e-9 || got.Min != 0.1 || got.Max != 1 || fmt.Sprint(got.Bins) != "[{0.2 1} {1 2}]" {
		t.Errorf("%+v", got)
	}
}

// Metrics are recorded once, and then acknowledged; a server that was away gets
// what it missed.
func TestMinutesAreAcknowledged(t *testing.T) {
	w := newWorld(t)
	stop := w.start()
	w.until("active", w.active)
	say := func(number uint64) {
		w.proxy.Say(proxy.Report{Minutes: []proxy.Minute{{
			Number: number, Start: minute, LoadBalancer: w.balancer.ARN, Zone: "eu-west-1a", Counts: map[string]float64{"RequestCount": 5},
		}}})
	}
	say(7)
	w.untilAcknowledged(7)
	stop()
	w.start()
	say(8)
	w.untilAcknowledged(8)
	data, _ := w.metrics.Since(0)
	if d := byName(data)["AWS/ApplicationELB RequestCount LoadBalancer=app/web/0123456789abcdef"]; d.Sum != 10 {
		t.Errorf("%+v", data)
	}
}
