package ec2api

import (
	"context"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// toLogGroups is the one kind of destination that flow logs have here.
const toLogGroups = "cloud-watch-logs"

// CreateFlowLogs implements API: one flow log a resource. Resources that don't
// exist are answered as unsuccessful.
func (h *Handlers) CreateFlowLogs(ctx context.Context, in *CreateFlowLogsInput) (*CreateFlowLogsOutput, error) {
	flow, err := h.flowLog(ctx, in)
	if err != nil {
		return nil, err
	}
	tags, err := specifiedTags(in.TagSpecifications, "vpc-flow-log")
	if err != nil {
		return nil, err
	}
	newIDs := make([]string, len(in.ResourceIds))
	for i := range newIDs {
		newIDs[i] = ec2.NewFlowLogID()
	}
	out := &CreateFlowLogsOutput{ClientToken: in.ClientToken, FlowLogIds: []string{}, Unsuccessful: []UnsuccessfulItem{}}
	ids, err := h.once(ctx, in.DryRun, in.ClientToken, in, func(tx *store.Txn, s aws.Scope) ([]string, error) {
		made := []string{}
		for i, resource := range in.ResourceIds {
			if err := findLogged(tx, s, wire.Val(in.ResourceType), resource); err != nil {
				out.Unsuccessful = append(out.Unsuccessful, unsuccessful(resource, err))
				continue
			}
			row := flow
			row.ID, row.Resource = newIDs[i], resource
			if err := ec2.AddFlowLog(tx, row); err != nil {
				return nil, err
			}
			ec2.PutTags(tx, s, row.ID, tags)
			made = append(made, row.ID)
		}
		return made, nil
	})
	out.FlowLogIds = ids
	return out, err
}

// flowLog is what the flow logs of a request have in common.
func (h *Handlers) flowLog(ctx context.Context, in *CreateFlowLogsInput) (f ec2.FlowLog, err error) {
	f = ec2.FlowLog{
		Scope: aws.CallerFrom(ctx).Scope(), Traffic: wire.Val(in.TrafficType), Role: wire.Val(in.DeliverLogsPermissionArn),
		Destination: wire.Val(in.LogDestination), Interval: 600, CreatedAt: h.Clock.Now(),
	}
	switch {
	case in.LogDestinationType != nil && *in.LogDestinationType != toLogGroups:
		return f, unsupported("LogDestinationType=" + *in.LogDestinationType)
	case in.DestinationOptions != nil:
		return f, unsupported("DestinationOptions")
	case in.DeliverCrossAccountRole != nil:
		return f, unsupported("DeliverCrossAccountRole")
	case f.Traffic == "":
		return f, ec2.ErrMissingParameter("TrafficType")
	}
	if in.MaxAggregationInterval != nil {
		if f.Interval = int(*in.MaxAggregationInterval); f.Interval != 60 && f.Interval != 600 {
			return f, aws.Errorf("InvalidParameter", "Invalid Flow Log Max Aggregation Interval")
		}
	}
	if f.LogGroup, err = ec2.FlowLogGroup(f.Scope, wire.Val(in.LogGroupName), f.Destination); err != nil {
		return f, err
	}
	if err := ec2.CheckDeliveryRole(f.Scope, f.Role); err != nil {
		return f, err
	}
	format, err := ec2.ParseFlowFormat(wire.Val(in.LogFormat))
	f.Format = format.String()
	return f, err
}

// findLogged says why a resource can't have a flow log.
func findLogged(r store.Reader, s aws.Scope, kind, id string) (err error) {
	switch kind {
	case "VPC":
		_, err = ec2.FindVPC(r, s, id)
	case "Subnet":
		_, err = ec2.FindSubnet(r, s, id)
	case "NetworkInterface":
		_, err = ec2.FindInterface(r, s, id)
	default:
		return unsupported("ResourceType=" + kind)
	}
	return err
}

func unsuccessful(resource string, err error) UnsuccessfulItem {
	item := UnsuccessfulItem{ResourceId: &resource, Error: &UnsuccessfulItemError{Message: wire.Ptr(err.Error())}}
	if e, ok := aws.AsError(err); ok {
		item.Error.Code, item.Error.Message = &e.Code, &e.Message
	}
	return item
}

// DeleteFlowLogs implements API.
func (h *Handlers) DeleteFlowLogs(ctx context.Context, in *DeleteFlowLogsInput) (*DeleteFlowLogsOutput, error) {
	out := &DeleteFlowLogsOutput{Unsuccessful: []UnsuccessfulItem{}}
	return out, h.change(ctx, in.DryRun, func(tx *store.Txn, s aws.Scope) error {
		for _, id := range in.FlowLogIds {
			if _, err := ec2.FindFlowLog(tx, s, id); err != nil {
				out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, err))
				continue
			}
			ec2.RemoveFlowLog(tx, id)
		}
		return nil
	})
}

var flowLogFilters = filterTable[ec2.FlowLog]{
	"deliver-log-status":   func(r store.Reader, f *ec2.FlowLog) []string { status, _ := f.Delivery(r); return one(status) },
	"flow-log-id":          func(_ store.Reader, f *ec2.FlowLog) []string { return one(f.ID) },
	"log-destination-type": func(store.Reader, *ec2.FlowLog) []string { return one(toLogGroups) },
	"log-group-name":       func(_ store.Reader, f *ec2.FlowLog) []string { return one(f.LogGroup) },
	"resource-id":          func(_ store.Reader, f *ec2.FlowLog) []string { return one(f.Resource) },
	"traffic-type":         func(_ store.Reader, f *ec2.FlowLog) []string { return one(f.Traffic) },
}

// DescribeFlowLogs implements API.
func (h *Handlers) DescribeFlowLogs(ctx context.Context, in *DescribeFlowLogsInput) (*DescribeFlowLogsOutput, error) {
	scope, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	r := h.Store.Snapshot()
	l := resources(r, scope, ec2.FlowLogs, ec2.FindFlowLog, func(f *ec2.FlowLog) string { return f.ID })
	l.operation, l.idsParam, l.ids = "DescribeFlowLogs", "FlowLogIds", in.FlowLogIds
	l.filters, l.known, l.token, l.max, l.dryRun = in.Filter, flowLogFilters, in.NextToken, in.MaxResults, in.DryRun
	rows, next, err := l.rows()
	if err != nil {
		return nil, err
	}
	out := &DescribeFlowLogsOutput{NextToken: next, FlowLogs: []FlowLog{}}
	for _, f := range rows {
		status, message := f.Delivery(r)
		out.FlowLogs = append(out.FlowLogs, FlowLog{
			FlowLogId: &f.ID, ResourceId: &f.Resource, TrafficType: &f.Traffic, CreationTime: &f.CreatedAt,
			FlowLogStatus: wire.Ptr("ACTIVE"), DeliverLogsStatus: &status, DeliverLogsErrorMessage: wire.Optional(message),
			DeliverLogsPermissionArn: &f.Role,
			LogDestinationType:       wire.Ptr(toLogGroups), LogGroupName: &f.LogGroup, LogDestination: wire.Optional(f.Destination),
			LogFormat: &f.Format, MaxAggregationInterval: wire.Ptr(int32(f.Interval)), Tags: wireTags(r, f.ID),
		})
	}
	return out, nil
}
