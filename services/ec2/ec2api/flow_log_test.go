package ec2api

import (
	"slices"
	"testing"

	"kaimon.dev/kaimon/services/ec2"
)

// flowLogs is a request for flow logs of the default VPC, with what is changed.
func (w *world) flowLogs(change func(*CreateFlowLogsInput)) *CreateFlowLogsInput {
	in := &CreateFlowLogsInput{
		ResourceType: p("VPC"), ResourceIds: []string{w.vpc}, TrafficType: p("ALL"), LogGroupName: p("/vpc/flow"),
		DeliverLogsPermissionArn: p("arn:aws:iam::" + account + ":role/flow"),
	}
	change(in)
	return in
}

func TestFlowLogLife(t *testing.T) {
	w := newWorld(t)
	subnets := []string{*w.subnet("eu-west-1a").SubnetId, *w.subnet("eu-west-1b").SubnetId}
	vpc := must(w.CreateFlowLogs(w.ctx, w.flowLogs(func(*CreateFlowLogsInput) {})))(t)
	many := w.flowLogs(func(in *CreateFlowLogsInput) {
		in.ResourceType, in.ResourceIds, in.ClientToken = p("Subnet"), append(slices.Clone(subnets), "subnet-nope"), p("once")
		in.LogGroupName, in.LogDestination = nil, p("arn:aws:logs:eu-west-1:"+account+":log-group:subnets:*")
		in.TrafficType, in.MaxAggregationInterval, in.LogFormat = p("REJECT"), p[int32](60), p("${srcaddr} ${pkt-dstaddr}")
		in.TagSpecifications = []TagSpecification{{ResourceType: p("vpc-flow-log"), Tags: []Tag{{Key: p("k"), Value: p("v")}}}}
	})
	made := must(w.CreateFlowLogs(w.ctx, many))(t)
	if again := must(w.CreateFlowLogs(w.ctx, many))(t); !slices.Equal(again.FlowLogIds, made.FlowLogIds) {
		t.Errorf("repeated: %v, then %v", made.FlowLogIds, again.FlowLogIds)
	}
	if bad := first(t, made.Unsuccessful); len(made.FlowLogIds) != 2 || *bad.ResourceId != "subnet-nope" || *bad.Error.Code != "InvalidSubnetID.NotFound" {
		t.Errorf("answer %+v", made)
	}
	log := first(t, must(w.DescribeFlowLogs(w.ctx, &DescribeFlowLogsInput{FlowLogIds: vpc.FlowLogIds}))(t).FlowLogs)
	if *log.ResourceId != w.vpc || *log.LogFormat != ec2.DefaultFlowFormat || *log.MaxAggregationInterval != 600 || *log.LogGroupName != "/vpc/flow" ||
		log.LogDestination != nil || *log.FlowLogStatus != "ACTIVE" || !log.CreationTime.Equal(stopped{}.Now()) {
		t.Errorf("flow log %+v", log)
	}
	for _, f := range []Filter{
		filter("resource-id", subnets...), filter("traffic-type", "REJECT"), filter("log-group-name", "subnets"), filter("tag:k", "v"), filter("flow-log-id", made.FlowLogIds...),
	} {
		got := must(w.DescribeFlowLogs(w.ctx, &DescribeFlowLogsInput{Filter: []Filter{f, filter("deliver-log-status", "SUCCESS"), filter("log-destination-type", "cloud-watch-logs")}}))(t).FlowLogs
		if len(got) != 2 || *got[0].LogFormat != *many.LogFormat || *got[0].MaxAggregationInterval != 60 {
			t.Errorf("by %s: %+v", *f.Name, got)
		}
	}
	gone := must(w.DeleteFlowLogs(w.ctx, &DeleteFlowLogsInput{FlowLogIds: append(made.FlowLogIds, "fl-nope")}))(t)
	if bad := first(t, gone.Unsuccessful); len(gone.Unsuccessful) != 1 || *bad.ResourceId != "fl-nope" || *bad.Error.Code != "InvalidFlowLogId.NotFound" {
		t.Errorf("answer %+v", gone)
	}
	if left := must(w.DescribeFlowLogs(w.ctx, &DescribeFlowLogsInput{}))(t).FlowLogs; len(left) != 1 {
		t.Errorf("%d left", len(left))
	}
	_, err := w.DescribeFlowLogs(w.ctx, &DescribeFlowLogsInput{FlowLogIds: made.FlowLogIds})
	refused(t, err, "InvalidFlowLogId.NotFound", made.FlowLogIds[0])
}

func TestFlowLogRefusals(t *testing.T) {
	w := newWorld(t)
	must(w.CreateFlowLogs(w.ctx, w.flowLogs(func(*CreateFlowLogsInput) {})))(t)
	for _, c := range []struct {
		name, code, text string
		change           func(*CreateFlowLogsInput)
	}{
		{"again", "FlowLogAlreadyExists", "existing Flow Log", func(*CreateFlowLogsInput) {}},
		{"no group", "InvalidParameter", "LogDestination", func(in *CreateFlowLogsInput) { in.LogGroupName = nil }},
		{"no role", "InvalidParameter", "DeliverLogsPermissionArn", func(in *CreateFlowLogsInput) { in.DeliverLogsPermissionArn = nil }},
		{"S3", "UnsupportedOperation", "s3", func(in *CreateFlowLogsInput) { in.LogDestinationType = p("s3") }},
		{"options", "UnsupportedOperation", "DestinationOptions", func(in *CreateFlowLogsInput) { in.DestinationOptions = &DestinationOptionsRequest{} }},
		{"another account", "UnsupportedOperation", "DeliverCrossAccountRole", func(in *CreateFlowLogsInput) { in.DeliverCrossAccountRole = p("arn") }},
		{"no traffic", "MissingParameter", "TrafficType", func(in *CreateFlowLogsInput) { in.TrafficType = nil }},
		{"interval", "InvalidParameter", "Max Aggregation Interval", func(in *CreateFlowLogsInput) { in.MaxAggregationInterval = p[int32](61) }},
		{"format", "InvalidParameter", "[ecs-task-id]", func(in *CreateFlowLogsInput) { in.LogFormat = p("${start} ${ecs-task-id}") }},
		{"tags", "InvalidParameterValue", "vpc", func(in *CreateFlowLogsInput) { in.TagSpecifications = []TagSpecification{{ResourceType: p("vpc")}} }},
		{"dry run", "DryRunOperation", "", func(in *CreateFlowLogsInput) { in.LogGroupName, in.DryRun = p("other"), p(true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.CreateFlowLogs(w.ctx, w.flowLogs(c.change))
			refused(t, err, c.code, c.text)
		})
	}
	out := must(w.CreateFlowLogs(w.ctx, w.flowLogs(func(in *CreateFlowLogsInput) {
		in.ResourceType, in.ResourceIds = p("TransitGateway"), []string{"tgw-1"}
	})))(t)
	if bad := first(t, out.Unsuccessful); *bad.Error.Code != "UnsupportedOperation" {
		t.Errorf("a transit gateway: %+v", out)
	}
	// An interface's logs go with it.
	eni := w.newInterface(*w.subnet("eu-west-1a").SubnetId, false)
	must(w.CreateFlowLogs(w.ctx, w.flowLogs(func(in *CreateFlowLogsInput) {
		in.ResourceType, in.ResourceIds = p("NetworkInterface"), []string{eni.ID}
	})))(t)
	w.release(eni.ID)
	if left := must(w.DescribeFlowLogs(w.ctx, &DescribeFlowLogsInput{}))(t).FlowLogs; len(left) != 1 {
		t.Errorf("%d left", len(left))
	}
}
