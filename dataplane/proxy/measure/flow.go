package measure

import "sync/atomic"

// Flow is a protocol of flows through a Network Load Balancer.
type Flow int

// The protocols of flows.
const (
	TCP Flow = iota
	TLS
	UDP
)

var flowNames = [...]string{"TCP", "TLS", "UDP"}

// flows counts flows of one protocol.
type flows struct {
	gauge
	bytes, packets atomic.Int64
}

// FlowBegins counts a new flow.
func (c *Counter) FlowBegins(f Flow) { c.flows[f].begin() }

// FlowEnds counts the end of a flow.
func (c *Counter) FlowEnds(f Flow) { c.flows[f].end() }

// FlowBytes counts what a flow moved, either way.
func (c *Counter) FlowBytes(f Flow, n int64) { c.flows[f].bytes.Add(n) }

// Packet counts a datagram, either way.
func (c *Counter) Packet() { c.flows[UDP].packets.Add(1) }

// RejectedFlow counts a flow that no target was found for.
func (c *Counter) RejectedFlow() { c.rejectedFlows.Add(1) }

// takeFlows adds the metrics of flows, in all and by protocol.
func (c *Counter) takeFlows(put func(name string, n int64)) {
	var begun, open, bytes int64
	for i := range c.flows {
		f := &c.flows[i]
		b, peak := f.take()
		moved := f.bytes.Swap(0)
		put("NewFlowCount_"+flowNames[i], b)
		put("ActiveFlowCount_"+flowNames[i], peak)
		put("ProcessedBytes_"+flowNames[i], moved)
		begun, open, bytes = begun+b, open+peak, bytes+moved
	}
	put("NewFlowCount", begun)
	put("ActiveFlowCount", open)
	put("ProcessedBytes", bytes)
	put("ProcessedPackets", c.flows[UDP].packets.Swap(0))
	put("RejectedFlowCount", c.rejectedFlows.Swap(0))
}
