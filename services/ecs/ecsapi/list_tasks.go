package ecsapi

import (
	"context"
	"strings"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

// maxListed is the most tasks of a page (ECS API Reference, "ListTasks").
const maxListed = 100

// ListTasks lists the ARNs of a cluster's tasks.
func (h *Handlers) ListTasks(ctx context.Context, in *ListTasksInput) (*ListTasksOutput, error) {
	snap := h.Store.Snapshot()
	cluster, err := ecs.FindCluster(snap, scope(ctx), wire.Val(in.Cluster))
	if err != nil {
		return nil, err
	}
	filter, err := filterFromWire(in)
	if err != nil {
		return nil, err
	}
	if name := wire.Val(in.ServiceName); name != "" {
		s, err := ecs.FindService(snap, cluster, name)
		if err != nil {
			return nil, err
		}
		filter.ServiceARN = s.ARN
	}
	var arns []string
	for t := range filter.Select(snap, cluster.ARN) {
		arns = append(arns, t.ARN)
	}
	p := pager{Operation: "ListTasks", Token: in.NextToken, Max: in.MaxResults, Most: maxListed}
	arns, next, err := page(p, arns, same, strings.Compare)
	if err != nil {
		return nil, err
	}
	return &ListTasksOutput{TaskArns: listed(arns, same), NextToken: next}, nil
}

// filterFromWire reads the filters and refuses those that exclude each other,
// and those for what this platform doesn't have.
func filterFromWire(in *ListTasksInput) (ecs.TaskFilter, error) {
	f := ecs.TaskFilter{
		Family: wire.Val(in.Family), StartedBy: wire.Val(in.StartedBy),
		LaunchType: wire.Val(in.LaunchType), Desired: ecs.TaskState(wire.Val(in.DesiredStatus)),
	}
	instance, service := wire.Val(in.ContainerInstance), wire.Val(in.ServiceName)
	switch {
	case f.StartedBy != "" && (f.Family != "" || instance != "" || service != ""):
		return f, ecs.InvalidParameter("startedBy must be the only filter: it cannot be combined with family, serviceName or containerInstance.")
	case f.Family != "" && service != "":
		return f, ecs.InvalidParameter("Only one of family and serviceName can be specified.")
	case instance != "":
		return f, ecs.InvalidParameter("The referenced container instance was not found.")
	case wire.Val(in.DaemonName) != "":
		return f, ecs.InvalidParameter("The referenced daemon was not found.")
	}
	if f.Desired == "" {
		f.Desired = ecs.TaskRunning
	}
	return f, nil
}
