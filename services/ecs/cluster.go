package ecs

import (
	"time"

	"kaimon.dev/kaimon/aws"
)

// ClusterStatus is where a cluster stands in its life.
type ClusterStatus string

// The statuses that a cluster has here; AWS's others belong to capacity
// providers that must be set up first, which Fargate's never need.
const (
	ClusterActive   ClusterStatus = "ACTIVE"
	ClusterInactive ClusterStatus = "INACTIVE"
)

// DefaultCluster is the name that stands for a cluster that was not named.
const DefaultCluster = "default"

// Cluster is a named group of tasks in one account and region.
type Cluster struct {
	ARN    string
	Scope  aws.Scope
	Name   string
	Status ClusterStatus
	// Settings has one entry for each setting name, containerInsights alone today.
	Settings []ClusterSetting
	// ExecuteCommand is how ECS Exec encrypts and logs its sessions; nil for AWS's default.
	ExecuteCommand *ExecuteCommandConfiguration
	// CapacityProviders are those that may be used in the cluster: FARGATE, FARGATE_SPOT.
	CapacityProviders []string
	// DefaultStrategy holds for a task that names neither launch type nor strategy.
	DefaultStrategy []CapacityProviderStrategyItem
	CreatedAt       time.Time
	// DeletedAt is when the cluster became INACTIVE; zero while it is active.
	DeletedAt time.Time
}

// ClusterSetting is one setting of a cluster, such as containerInsights=enabled.
type ClusterSetting struct{ Name, Value string }

// ExecuteCommandConfiguration is how a cluster's ECS Exec sessions are encrypted and logged.
type ExecuteCommandConfiguration struct {
	KmsKeyID string
	// Logging is NONE, DEFAULT or OVERRIDE.
	Logging string
	// Log is set only with OVERRIDE.
	Log *ExecuteCommandLog
}

// ExecuteCommandLog is where the log of ECS Exec sessions goes.
type ExecuteCommandLog struct {
	CloudWatchLogGroupName      string
	CloudWatchEncryptionEnabled bool
	S3BucketName                string
	S3EncryptionEnabled         bool
	S3KeyPrefix                 string
}

// CapacityProviderStrategyItem is one share of a capacity provider strategy
// (API Reference, "CapacityProviderStrategyItem").
type CapacityProviderStrategyItem struct {
	// CapacityProvider is FARGATE or FARGATE_SPOT.
	CapacityProvider string
	// Weight is this provider's share of the tasks beyond every Base.
	Weight int
	// Base is the least number of tasks that run on this provider.
	Base int
}

// ClusterARN returns the ARN of the cluster of that name.
func ClusterARN(s aws.Scope, name string) string {
	return s.ARN("ecs", "cluster/"+name).String()
}
