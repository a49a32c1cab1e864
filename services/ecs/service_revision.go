package ecs

import (
	"iter"
	"strconv"
	"time"

	"kaimon.dev/kaimon/store"
)

// ServiceRevision is what the tasks of a service run as: everything whose
// change starts a deployment (API Reference, "ServiceRevision"). It never
// changes. Sole writer: ecsapi, in the transaction of the deployment.
type ServiceRevision struct {
	// ARN is arn:…:service-revision/<cluster>/<service>/<Number>.
	ARN string
	// Number is 19 digits. DeploymentID is made of it.
	Number     string
	ServiceARN string
	ClusterARN string
	CreatedAt  time.Time

	DefinitionARN string
	// LaunchType is always FARGATE; Strategy is empty for a service that asked
	// for a launch type. See Capacity.
	LaunchType string
	Strategy   []CapacityProviderStrategyItem
	// PlatformVersion is resolved; AskedPlatform is as requested: LATEST without.
	PlatformVersion, AskedPlatform string
	// Architecture is the processor of its tasks: X86_64 or ARM64.
	Architecture  string
	Network       NetworkRequest
	LoadBalancers []ServiceLoadBalancer
	Registries    []ServiceRegistry
	// Groups are the target groups that the tasks are in, one for each load
	// balancer; nil for their TargetGroupARN. See ServeBeside.
	Groups []string
}

// ServiceLoadBalancer sends the traffic of a target group to a port of a
// container (API Reference, "LoadBalancer").
type ServiceLoadBalancer struct {
	TargetGroupARN string
	ContainerName  string
	ContainerPort  int
	// What follows is for strategies that shift traffic, "" without (API
	// Reference, "AdvancedConfiguration"): the second target group, and the rules,
	// or listeners of a network load balancer, whose weights are changed.
	// RoleARN isn't looked at.
	AlternateARN, ProductionRule, TestRule, RoleARN string
}

const byService = "service"

// ServiceRevisions holds every revision by ARN.
var ServiceRevisions = store.NewTable("ecs.service-revisions", func(v *ServiceRevision) string { return v.ARN },
	store.Index[ServiceRevision]{Name: byService, Keys: func(v *ServiceRevision) []string { return []string{v.ServiceARN} }})

// RevisionsOfService iterates over a service's revisions in order of their
// numbers, which says nothing of time.
func RevisionsOfService(r store.Reader, serviceARN string) iter.Seq[*ServiceRevision] {
	return ServiceRevisions.By(r, byService, serviceARN)
}

// ServiceRevisionARN returns the ARN of a revision of a service.
func ServiceRevisionARN(c *Cluster, service, number string) string {
	return c.Scope.ARN("ecs", "service-revision/"+c.Name+"/"+service+"/"+number).String()
}

// RevisionNumber makes a revision's number from 16 random hexadecimal digits:
// 19 decimal ones, as AWS's have.
func RevisionNumber(hex string) string {
	const least, range63 = 1_000_000_000_000_000_000, 8_000_000_000_000_000_000
	n, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		n = 0
	}
	return strconv.FormatUint(least+n%range63, 10)
}

// DeploymentID is the id of the revision's entry in deployments[] of
// DescribeServices, and the startedBy of its tasks: ecs-svc/<Number>.
func (v *ServiceRevision) DeploymentID() string { return "ecs-svc/" + v.Number }

// Capacity says where the revision's tasks run.
func (v *ServiceRevision) Capacity() Capacity {
	return Capacity{LaunchType: v.LaunchType, Strategy: v.Strategy}
}

// SetPlatform sets the platform version to what a request names; "" is LATEST.
func (v *ServiceRevision) SetPlatform(name string) error {
	resolved, ok := ResolvePlatformVersion(name)
	if !ok {
		return PlatformUnknown()
	}
	v.AskedPlatform, v.PlatformVersion = name, resolved
	if name == "" {
		v.AskedPlatform = platformLatest
	}
	return nil
}
