package ec2

import "kaimon.dev/kaimon/store"

// FlowLogStatus is how the delivery of a flow log's records goes. Sole writer: ec2ctl.
type FlowLogStatus struct {
	FlowLog string
	// Error is why the last records weren't delivered, in EC2's words
	// (EC2 API Reference, FlowLog, deliverLogsErrorMessage); "" when they were.
	Error string
}

// FlowLogStatuses holds the status of flow logs by their ID; those without one
// have delivered nothing yet.
var FlowLogStatuses = store.NewTable("ec2.flow-log-statuses", func(s *FlowLogStatus) string { return s.FlowLog })

// FlowUnknownError says that records weren't delivered, for none of the reasons
// that EC2 has words for.
const FlowUnknownError = "Unknown error"

// Delivery says how a flow log's delivery goes: SUCCESS, or FAILED and why.
func (f *FlowLog) Delivery(r store.Reader) (status, message string) {
	if s, ok := FlowLogStatuses.Get(r, f.ID); ok && s.Error != "" {
		return "FAILED", s.Error
	}
	return "SUCCESS", ""
}

// VPCOf is the VPC of what the flow log is about; "" when that is gone.
func (f *FlowLog) VPCOf(r store.Reader) string {
	if i, ok := NetworkInterfaces.Get(r, f.Resource); ok {
		return i.VPC
	}
	if s, ok := Subnets.Get(r, f.Resource); ok {
		return s.VPC
	}
	if _, ok := VPCs.Get(r, f.Resource); ok {
		return f.Resource
	}
	return ""
}
