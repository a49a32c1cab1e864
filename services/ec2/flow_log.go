package ec2

import (
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// FlowLog writes what passes the interfaces of a VPC, a subnet, or one
// interface to a log group (VPC User Guide, "VPC Flow Logs"). Sole writer: ec2api.
type FlowLog struct {
	ID    string
	Scope aws.Scope
	// Resource is the ID of the VPC, subnet or network interface.
	Resource string
	// Traffic is FlowAccept, FlowReject or FlowAll.
	Traffic string
	// LogGroup is the log group's name; it need not exist.
	LogGroup string
	// Destination is the log group's ARN when the request named it so.
	Destination string
	// Role is the ARN of the role that delivers.
	Role string
	// Format is one that ParseFlowFormat reads.
	Format string
	// Interval is how long records are aggregated, in seconds: 60 or 600.
	Interval  int
	CreatedAt time.Time
}

// FlowAll is the traffic of flow logs that record what is accepted and what is rejected.
const FlowAll = "ALL"

const byResource = "resource"

// FlowLogs holds every flow log by ID.
var FlowLogs = store.NewTable("ec2.flow-logs", func(f *FlowLog) string { return f.ID },
	store.Index[FlowLog]{Name: ByScope, Keys: func(f *FlowLog) []string { return []string{ScopeKey(f.Scope)} }},
	store.Index[FlowLog]{Name: byResource, Keys: func(f *FlowLog) []string { return []string{f.Resource} }})

// NewFlowLogID returns the ID of a new flow log.
func NewFlowLogID() string { return NewID(prefixFlowLog) }

// FindFlowLog returns a flow log of the scope.
func FindFlowLog(r store.Reader, s aws.Scope, id string) (*FlowLog, error) {
	if f, ok := FlowLogs.Get(r, id); ok && f.Scope == s {
		return f, nil
	}
	return nil, notFound("InvalidFlowLogId.NotFound", "flowLog", id)
}

// FlowLogsOf are the flow logs that an interface's traffic goes to: its own,
// its subnet's and its VPC's.
func FlowLogsOf(r store.Reader, i *NetworkInterface) []*FlowLog {
	var out []*FlowLog
	for _, resource := range []string{i.ID, i.Subnet, i.VPC} {
		for f := range FlowLogs.By(r, byResource, resource) {
			out = append(out, f)
		}
	}
	return out
}

// Wants says whether the log records flows of an action.
func (f *FlowLog) Wants(action string) bool { return f.Traffic == FlowAll || f.Traffic == action }

// Stream is the name of the log stream for an interface's records.
func (f *FlowLog) Stream(eni string) string { return eni + "-" + strings.ToLower(f.Traffic) }

// AddFlowLog adds a flow log. One resource has only one for a destination and
// kind of traffic.
func AddFlowLog(tx *store.Txn, f FlowLog) error {
	for have := range FlowLogs.By(tx, byResource, f.Resource) {
		if have.LogGroup == f.LogGroup && have.Traffic == f.Traffic {
			return aws.Errorf("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.")
		}
	}
	FlowLogs.Put(tx, f)
	return nil
}

// RemoveFlowLog forgets a flow log; what it has written stays.
func RemoveFlowLog(tx *store.Txn, id string) {
	FlowLogs.Delete(tx, id)
	FlowLogStatuses.Delete(tx, id)
	DeleteTags(tx, id)
}

// RemoveFlowLogsOf forgets the flow logs of a resource that is deleted.
func RemoveFlowLogsOf(tx *store.Txn, resource string) {
	var ids []string
	for f := range FlowLogs.By(tx, byResource, resource) {
		ids = append(ids, f.ID)
	}
	for _, id := range ids {
		RemoveFlowLog(tx, id)
	}
}

// FlowLogGroup is the log group that a request for flow logs names: by its
// name, or by its ARN.
func FlowLogGroup(s aws.Scope, name, destination string) (string, error) {
	switch {
	case name != "" && destination != "":
		return "", aws.Errorf("InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.")
	case name == "" && destination == "":
		return "", aws.Errorf("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
	case name == "":
		arn, err := aws.ParseARN(destination)
		group, ok := strings.CutPrefix(arn.Resource, "log-group:")
		if err != nil || !ok || arn.Service != "logs" || arn.Region != s.Region || arn.Account != s.Account {
			return "", aws.Errorf("InvalidParameter", "LogDestination %s is not a log group's ARN of this account and region.", destination)
		}
		name = strings.TrimSuffix(group, ":*")
	}
	if err := logs.CheckGroupName(name); err != nil {
		return "", aws.Errorf("InvalidParameter", "LogGroupName %q is not a log group's name.", name)
	}
	return name, nil
}

// CheckDeliveryRole says whether an ARN is an IAM role's of the account.
func CheckDeliveryRole(s aws.Scope, role string) error {
	if role == "" {
		return aws.Errorf("InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	}
	arn, err := aws.ParseARN(role)
	if err != nil || arn.Service != "iam" || arn.Account != s.Account || !strings.HasPrefix(arn.Resource, "role/") {
		return aws.Errorf("InvalidParameter", "DeliverLogsPermissionArn %s is not an IAM role's ARN of this account.", role)
	}
	return nil
}
