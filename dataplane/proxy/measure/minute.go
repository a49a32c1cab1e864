package measure

import (
	"fmt"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

// Take returns what was counted since the last call, and false when that is
// nothing.
func (c *Counter) Take(start time.Time, balancer, group string) (proxy.Minute, bool) {
	m := proxy.Minute{Start: start, LoadBalancer: balancer, Group: group, Counts: map[string]float64{}}
	put := func(name string, n int64) {
		if n != 0 {
			m.Counts[name] = float64(n)
		}
	}
	put("RequestCount", c.requests.Swap(0))
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
	put("NewConnectionCount", c.newConnections.Swap(0))
	put("ProcessedBytes", c.bytes.Swap(0))
	put("TargetConnectionErrorCount", c.connectionErrors.Swap(0))
	put("RejectedConnectionCount", c.rejected.Swap(0))
	put("DesyncMitigationMode_NonCompliant_Request_Count", c.desync.Swap(0))
	if d, ok := c.time.take(); ok {
		m.Times = map[string]proxy.Distribution{"TargetResponseTime": d}
	}
	return m, len(m.Counts) > 0 || m.Times != nil
}
