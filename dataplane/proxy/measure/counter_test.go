package measure

import (
	"sync"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
)

func TestCounter(t *testing.T) {
	var c Counter
	start := time.Unix(60, 0)
	if _, some := c.Take(start, "lb", "tg"); some {
		t.Fatal("something out of nothing")
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			c.Request()
			c.Answer(200, 20*time.Millisecond)
			c.Own(502)
			c.Own(460)
			c.Redirect()
			c.Fixed()
			c.Connection()
			c.Bytes(100)
			c.ConnectionError()
			c.Rejected()
			c.Desync()
		})
	}
	wg.Wait()
	c.Answer(404, 40*time.Millisecond)
	c.Answer(999, time.Millisecond) // no class, no crash
	c.Own(999)
	m, some := c.Take(start, "lb", "tg")
	if !some || m.Start != start || m.LoadBalancer != "lb" || m.Group != "tg" {
		t.Fatalf("%+v", m)
	}
	for name, want := range map[string]float64{
		"RequestCount": 10, "HTTPCode_Target_2XX_Count": 10, "HTTPCode_Target_4XX_Count": 1,
		"HTTPCode_ELB_5XX_Count": 10, "HTTPCode_ELB_502_Count": 10, "HTTPCode_ELB_4XX_Count": 10,
		"HTTPCode_ELB_460_Count": 10, "HTTP_Redirect_Count": 10, "HTTP_Fixed_Response_Count": 10,
		"NewConnectionCount": 10, "ProcessedBytes": 1000, "TargetConnectionErrorCount": 10,
		"RejectedConnectionCount": 10, "DesyncMitigationMode_NonCompliant_Request_Count": 10,
	} {
		if m.Counts[name] != want {
			t.Errorf("%s: %v, want %v", name, m.Counts[name], want)
		}
	}
	want := proxy.Distribution{Count: 12, Sum: 0.241, Min: 0.001, Max: 0.04}
	if got := m.Times["TargetResponseTime"]; got != want {
		t.Errorf("%+v", got)
	}
	if _, some := c.Take(start, "lb", "tg"); some {
		t.Error("taken twice")
	}
}
