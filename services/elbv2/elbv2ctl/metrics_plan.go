package elbv2ctl

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/metric"
)

// publication says for which dimensions a metric is published (User Guides,
// "CloudWatch metrics for your Application Load Balancer" and "… Network Load
// Balancer").
type publication int

const (
	ofBalancer publication = 1 << iota // LoadBalancer
	ofZone                             // AvailabilityZone, LoadBalancer
	ofGroup                            // LoadBalancer, TargetGroup, and with AvailabilityZone
)

// published are the metrics of Application Load Balancers.
var published = map[string]publication{
	"RequestCount": ofBalancer | ofZone | ofGroup, "GrpcRequestCount": ofBalancer | ofZone | ofGroup,
	"ActiveConnectionCount": ofBalancer, "NewConnectionCount": ofBalancer, "ProcessedBytes": ofBalancer,
	"HTTP_Redirect_Count": ofBalancer, "HTTP_Fixed_Response_Count": ofBalancer,
	"RejectedConnectionCount": ofBalancer | ofZone, "ClientTLSNegotiationErrorCount": ofBalancer | ofZone,
	"DesyncMitigationMode_NonCompliant_Request_Count": ofBalancer | ofZone,
	"TargetConnectionErrorCount":                      ofBalancer | ofZone | ofGroup,
	"TargetTLSNegotiationErrorCount":                  ofBalancer | ofZone | ofGroup,
	"HealthyHostCount":                                ofGroup, "UnHealthyHostCount": ofGroup,
}

// publishedOf is where a metric of a namespace is published.
func publishedOf(namespace, name string) publication {
	switch {
	case strings.HasPrefix(name, "HTTPCode_ELB_"):
		return ofBalancer | ofZone
	case strings.HasPrefix(name, "HTTPCode_Target_"), name == "TargetResponseTime":
		return ofBalancer | ofZone | ofGroup
	case namespace == networkNamespace && !strings.HasSuffix(name, "HostCount"):
		return ofBalancer | ofZone
	}
	return published[name]
}

const (
	applicationNamespace = "AWS/ApplicationELB"
	networkNamespace     = "AWS/NetworkELB"
)

// share is what a load balancer, or a target group of it, did in a minute.
type share struct {
	balancer, group string
	start           time.Time
}

// metricsOf turns minutes into data: for each zone, and for all zones together.
// The zones of a minute are told together.
func metricsOf(minutes []proxy.Minute) []metric.Datum {
	shares := map[share][]proxy.Minute{}
	for _, m := range minutes {
		k := share{m.LoadBalancer, m.Group, m.Start}
		shares[k] = append(shares[k], m)
	}
	order := slices.SortedFunc(maps.Keys(shares), func(a, b share) int {
		return cmp.Or(a.start.Compare(b.start), cmp.Compare(a.balancer, b.balancer), cmp.Compare(a.group, b.group))
	})
	var data []metric.Datum
	for _, k := range order {
		total := proxy.Minute{Start: k.start, LoadBalancer: k.balancer, Group: k.group, Counts: map[string]float64{}, Times: map[string]proxy.Distribution{}}
		for _, m := range shares[k] {
			for name, n := range m.Counts {
				total.Counts[name] += n
			}
			for name, d := range m.Times {
				total.Times[name] = joined(total.Times[name], d)
			}
			if m.Zone != "" {
				data = append(data, dataOf(m)...)
			}
		}
		if hosts := total.Counts["HealthyHostCount"] + total.Counts["UnHealthyHostCount"]; hosts > 0 && total.Counts["RequestCount"] > 0 {
			total.Counts["RequestCountPerTarget"] = total.Counts["RequestCount"] / hosts
		}
		data = append(data, dataOf(total)...)
	}
	return data
}

// joined is the distribution of both's samples.
func joined(a, b proxy.Distribution) proxy.Distribution {
	if a.Count == 0 {
		return b
	}
	out := proxy.Distribution{Count: a.Count + b.Count, Sum: a.Sum + b.Sum, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max)}
	bins := map[float64]float64{}
	for _, bin := range slices.Concat(a.Bins, b.Bins) {
		bins[bin.Value] += bin.Count
	}
	for _, value := range slices.Sorted(maps.Keys(bins)) {
		out.Bins = append(out.Bins, proxy.Bin{Value: value, Count: bins[value]})
	}
	return out
}

// dataOf are the data of one zone, or of all when the minute names none.
func dataOf(m proxy.Minute) (data []metric.Datum) {
	arn, err := aws.ParseARN(m.LoadBalancer)
	if err != nil {
		return nil // of no load balancer of ours
	}
	id := metric.ID{Account: arn.Account, Region: arn.Region, Namespace: applicationNamespace}
	balancer := strings.TrimPrefix(arn.Resource, "loadbalancer/")
	if strings.HasPrefix(balancer, "net/") {
		id.Namespace = networkNamespace
	}
	dimensions := []metric.Dimension{{Name: "LoadBalancer", Value: balancer}}
	group := m.Group[strings.LastIndexByte(m.Group, ':')+1:]
	want := ofGroup
	if group != "" {
		dimensions = append(dimensions, metric.Dimension{Name: "TargetGroup", Value: group})
	} else if want = ofBalancer; m.Zone != "" {
		want = ofZone
	}
	if m.Zone != "" {
		dimensions = append(dimensions, metric.Dimension{Name: "AvailabilityZone", Value: m.Zone})
	}
	id.Dimensions = metric.Sorted(dimensions...)
	for _, name := range slices.Sorted(maps.Keys(m.Counts)) {
		id.Name = name
		if publishedOf(id.Namespace, name)&want != 0 {
			data = append(data, countOf(id, m.Start, m.Counts[name]))
		}
		if name == "RequestCountPerTarget" { // also of the group alone
			data = append(data, metric.Value(id, metric.Count, m.Start, m.Counts[name]))
			id := id
			id.Dimensions = []metric.Dimension{{Name: "TargetGroup", Value: group}}
			data = append(data, metric.Value(id, metric.Count, m.Start, m.Counts[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Times)) {
		id.Name = name
		if d := m.Times[name]; publishedOf(id.Namespace, name)&want != 0 {
			data = append(data, timesOf(id, m.Start, d))
		}
	}
	return data
}

// countOf is a datum of a count. What counts requests has one sample of 1 for
// each; other counts are one sample.
func countOf(id metric.ID, at time.Time, n float64) metric.Datum {
	switch {
	case strings.HasPrefix(id.Name, "ProcessedBytes"):
		return metric.Value(id, metric.Bytes, at, n)
	case strings.HasPrefix(id.Name, "HTTP"), strings.HasSuffix(id.Name, "RequestCount"):
		return metric.Datum{ID: id, Unit: metric.Count, At: at, Sum: n, Min: 1, Max: 1, Samples: n}
	}
	return metric.Value(id, metric.Count, at, n)
}

func timesOf(id metric.ID, at time.Time, d proxy.Distribution) metric.Datum {
	out := metric.Datum{ID: id, Unit: metric.Seconds, At: at, Sum: d.Sum, Min: d.Min, Max: d.Max, Samples: d.Count}
	for _, bin := range d.Bins {
		out.Distribution = append(out.Distribution, metric.Bin(bin))
	}
	return out
}
