package measure

import (
	"fmt"
	"math"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Take returns what was counted since the last call, and false when that is
// nothing. Whose counts they are is left to the caller.
func (c *Counter) Take(start time.Time) (proxy.Minute, bool) {
	m := proxy.Minute{Start: start, Counts: map[string]float64{}}
	put := func(name string, n int64) {
		if n != 0 {
			m.Counts[name] += float64(n)
		}
	}
	put("RequestCount", c.requests.Swap(0))
	put("GrpcRequestCount", c.grpc.Swap(0))
	for i := 2; i < 6; i++ {
		put(fmt.Sprintf("HTTPCode_Target_%dXX_Count", i), c.target[i].Swap(0))
	}
	for i := 3; i < 6; i++ {
		put(fmt.Sprintf("HTTPCode_ELB_%dXX_Count", i), c.balancer[i].Swap(0))
	}
	for i, code := range exactCodes {
		put(fmt.Sprintf("HTTPCode_ELB_%d_Count", code), c.exact[i].Swap(0))
	}
	put("HTTP_Redirect_Count", c.redirects.Swap(0))
	put("HTTP_Fixed_Response_Count", c.fixed.Swap(0))
	begun, peak := c.connections.take()
	put("NewConnectionCount", begun)
	put("ActiveConnectionCount", peak)
	put("ProcessedBytes", c.bytes.Swap(0))
	put("TargetConnectionErrorCount", c.connectionErrors.Swap(0))
	put("RejectedConnectionCount", c.rejected.Swap(0))
	put("DesyncMitigationMode_NonCompliant_Request_Count", c.desync.Swap(0))
	put("ClientTLSNegotiationErrorCount", c.clientTLS.Swap(0))
	put("TargetTLSNegotiationErrorCount", c.upperTLS.Swap(0))
	c.takeFlows(put)
	if d, ok := c.time.take(); ok {
		m.Times = map[string]proxy.Distribution{"TargetResponseTime": d}
	}
	return m, len(m.Counts) > 0 || m.Times != nil
}

func (d *distribution) take() (proxy.Distribution, bool) {
	n, sum, high, low := d.count.Swap(0), d.sum.Swap(0), d.high.Swap(0), d.low.Swap(0)
	out := proxy.Distribution{
		Count: float64(n), Sum: float64(sum) / 1e9, Max: float64(high) / 1e9,
		Min: float64(math.MaxInt64-low) / 1e9,
	}
	for i := range d.bins {
		if n := d.bins[i].Swap(0); n > 0 {
			out.Bins = append(out.Bins, proxy.Bin{Value: binValue(i), Count: float64(n)})
		}
	}
	return out, n > 0
}
