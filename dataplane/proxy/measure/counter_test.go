package measure

import (
	"math"
	"reflect"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kaimon.dev/kaimon/dataplane/proxy"
)

func TestCounter(t *testing.T) {
	var c Counter
	start := time.Unix(60, 0)
	if _, some := c.Take(start); some {
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
			c.Opened()
			c.Closed()
			c.GRPC()
			c.ClientTLSError()
			c.TargetTLSError()
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
	m, some := c.Take(start)
	if !some || m.Start != start {
		t.Fatalf("%+v", m)
	}
	for name, want := range map[string]float64{
		"RequestCount": 10, "HTTPCode_Target_2XX_Count": 10, "HTTPCode_Target_4XX_Count": 1,
		"HTTPCode_ELB_5XX_Count": 10, "HTTPCode_ELB_502_Count": 10, "HTTPCode_ELB_4XX_Count": 10,
		"HTTPCode_ELB_460_Count": 10, "HTTP_Redirect_Count": 10, "HTTP_Fixed_Response_Count": 10,
		"GrpcRequestCount": 10, "ClientTLSNegotiationErrorCount": 10, "TargetTLSNegotiationErrorCount": 10,
		"NewConnectionCount": 10, "ProcessedBytes": 1000, "TargetConnectionErrorCount": 10,
		"RejectedConnectionCount": 10, "DesyncMitigationMode_NonCompliant_Request_Count": 10,
	} {
		if m.Counts[name] != want {
			t.Errorf("%s: %v, want %v", name, m.Counts[name], want)
		}
	}
	if n := m.Counts["ActiveConnectionCount"]; n < 1 || n > 10 {
		t.Errorf("%v connections at once", n)
	}
	got := m.Times["TargetResponseTime"]
	bins := got.Bins
	got.Bins = nil
	if want := (proxy.Distribution{Count: 12, Sum: 0.241, Min: 0.001, Max: 0.04}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if len(bins) != 3 || bins[1].Count != 10 || math.Abs(bins[1].Value/0.02-1) > 0.05 {
		t.Errorf("bins %+v", bins)
	}
	if _, some := c.Take(start); some {
		t.Error("taken twice")
	}
}

// What is still open at the end of a minute is active in the next one too.
func TestActive(t *testing.T) {
	var c Counter
	c.Opened()
	c.Opened()
	c.Closed()
	for minute, want := range []float64{2, 1, 1} {
		m, _ := c.Take(time.Unix(0, 0))
		if got := m.Counts["ActiveConnectionCount"]; got != want {
			t.Errorf("minute %d: %v active, want %v", minute, got, want)
		}
	}
	c.Closed()
	c.Take(time.Unix(0, 0))
	if _, some := c.Take(time.Unix(0, 0)); some {
		t.Error("a closed connection is active")
	}
}

func TestFlows(t *testing.T) {
	var c Counter
	c.FlowBegins(UDP)
	c.FlowBegins(TCP)
	c.FlowEnds(TCP)
	c.FlowBytes(UDP, 30)
	c.FlowBytes(TCP, 12)
	c.Packet()
	c.RejectedFlow()
	m, _ := c.Take(time.Unix(0, 0))
	want := map[string]float64{
		"NewFlowCount": 2, "NewFlowCount_TCP": 1, "NewFlowCount_UDP": 1,
		"ActiveFlowCount": 2, "ActiveFlowCount_TCP": 1, "ActiveFlowCount_UDP": 1,
		"ProcessedBytes": 42, "ProcessedBytes_TCP": 12, "ProcessedBytes_UDP": 30, "ProcessedPackets": 1, "RejectedFlowCount": 1,
	}
	if !reflect.DeepEqual(m.Counts, want) {
		t.Errorf("%v", m.Counts)
	}
}

// TestBins holds that a bin stands for what is in it, within a tenth.
func TestBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(binUnit, int64(time.Hour)).Draw(t, "duration"))
		if off := binValue(binOf(d)) / d.Seconds(); off < 0.95 || off > 1.06 {
			t.Fatalf("%s is in a bin of %f s", d, binValue(binOf(d)))
		}
	})
	for _, d := range []time.Duration{0, 1, 999, 1000 * time.Hour} {
		if i := binOf(d); i < 0 || i >= bins {
			t.Errorf("%s is in bin %d", d, i)
		}
	}
}
