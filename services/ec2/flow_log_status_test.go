package ec2

import (
	"testing"

	"kaimon.dev/kaimon/store"
)

func TestFlowLogDelivery(t *testing.T) {
	s := opened(t)
	update(t, s, func(tx *store.Txn) error {
		VPCs.Put(tx, VPC{ID: "vpc-1", Scope: scope})
		Subnets.Put(tx, Subnet{ID: "subnet-1", VPC: "vpc-1"})
		NetworkInterfaces.Put(tx, NetworkInterface{ID: "eni-1", VPC: "vpc-1", Subnet: "subnet-1"})
		for _, resource := range []string{"vpc-1", "subnet-1", "eni-1", "eni-gone"} {
			FlowLogs.Put(tx, FlowLog{ID: "fl-" + resource, Scope: scope, Resource: resource})
		}
		FlowLogStatuses.Put(tx, FlowLogStatus{FlowLog: "fl-vpc-1", Error: FlowUnknownError})
		FlowLogStatuses.Put(tx, FlowLogStatus{FlowLog: "fl-eni-1"})
		return nil
	})
	r := s.Snapshot()
	for id, want := range map[string][3]string{
		"fl-vpc-1": {"FAILED", "Unknown error", "vpc-1"}, "fl-subnet-1": {"SUCCESS", "", "vpc-1"},
		"fl-eni-1": {"SUCCESS", "", "vpc-1"}, "fl-eni-gone": {"SUCCESS", "", ""},
	} {
		f, _ := FlowLogs.Get(r, id)
		status, message := f.Delivery(r)
		if got := [3]string{status, message, f.VPCOf(r)}; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
		if vpc, ok := VPCOfRow(r, FlowLogs.Name(), id); vpc != want[2] || ok != (want[2] != "") {
			t.Errorf("%s belongs to %q, %v", id, vpc, ok)
		}
	}
	update(t, s, func(tx *store.Txn) error { RemoveFlowLog(tx, "fl-vpc-1"); return nil })
	if _, ok := FlowLogStatuses.Get(s.Snapshot(), "fl-vpc-1"); ok {
		t.Error("the status outlives its flow log")
	}
}
