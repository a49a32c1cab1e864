package main

import (
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	out := `goos: linux
BenchmarkScale/500/attach-2         	     100	   2003468 ns/op	         1.889 p50-ms	         3.021 p99-ms
BenchmarkScale/500/change_a_rule-2  	     100	   8314613 ns/op	        11.06 p50-ms	        11.47 p99-ms
BenchmarkThroughput-2   	       1	12043 ns/op	        17.89 Gbit/s	        20.18 bare-Gbit/s	         0.8863 share
PASS`
	verdicts := map[string]row{}
	for _, r := range judge(vpcPromises, parseBenchmarks(out)) {
		verdicts[r.what] = r
	}
	for what, want := range map[string]row{
		"attach an interface beside 500, p50":   {value: "1.9 ms", target: "≤ 3.0 ms", met: true},
		"change a group's rule beside 500, p50": {value: "11.1 ms", target: "≤ 10.0 ms"},
		"a TCP stream between tasks, best of 5": {value: "17.89 Gbit/s"},
		"  share of the bare router's":          {value: "0.89", target: "≥ 0.90"},
	} {
		if got := verdicts[what]; got.value != want.value || got.target != want.target || got.met != want.met {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	if got := verdicts["attach an interface beside 1,000, p50"]; !strings.HasPrefix(got.value, "not measured") {
		t.Errorf("%+v", got)
	}
}
