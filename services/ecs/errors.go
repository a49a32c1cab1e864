package ecs

import "kaimon.dev/kaimon/aws"

// ClientException is ECS's general refusal of a request that it understood:
// an action or resource that doesn't fit (API Reference, "Common Errors" of ECS).
func ClientException(format string, args ...any) *aws.Error {
	return aws.Errorf("ClientException", format, args...)
}

// InvalidParameter is ECS's refusal of a malformed or contradictory parameter.
func InvalidParameter(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameterException", format, args...)
}

// ClusterNotFound is the answer to a cluster reference that names no active cluster.
func ClusterNotFound() *aws.Error {
	return aws.Errorf("ClusterNotFoundException", "Cluster not found.")
}

// ClusterContainsTasks refuses to delete a cluster in which tasks run.
func ClusterContainsTasks() *aws.Error {
	return aws.Errorf("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
}

// ClusterContainsServices refuses to delete a cluster that has services.
func ClusterContainsServices() *aws.Error {
	return aws.Errorf("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
}

// ServiceNotFound is the answer to a service reference that names nothing.
func ServiceNotFound() *aws.Error {
	return aws.Errorf("ServiceNotFoundException", "Service not found.")
}

// ServiceNotActive refuses to change a service that is deleted.
func ServiceNotActive() *aws.Error {
	return aws.Errorf("ServiceNotActiveException", "Service was not ACTIVE.")
}

// TaskSetNotFound is the answer to a reference that names no task set of the service.
func TaskSetNotFound() *aws.Error {
	return aws.Errorf("TaskSetNotFoundException", "The specified task set does not exist.")
}

// LimitExceeded refuses to exceed a quota.
func LimitExceeded(format string, args ...any) *aws.Error {
	return aws.Errorf("LimitExceededException", format, args...)
}

// DeploymentNotFound is the answer to the ARN of a service deployment that isn't there.
func DeploymentNotFound() *aws.Error {
	return aws.Errorf("ServiceDeploymentNotFoundException", "Service deployment not found.")
}

// DeploymentConflict refuses to stop a service deployment as it stands.
func DeploymentConflict(format string, args ...any) *aws.Error {
	return aws.Errorf("ConflictException", format, args...)
}

// ResourceNotFound is the tag operations' answer to an ARN that names nothing.
func ResourceNotFound(arn string) *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "The specified resource %s could not be found.", arn)
}

// Conflict is RunTask's answer to a client token that was used with other parameters.
func Conflict(resourceIDs ...string) *aws.Error {
	e := aws.Errorf("ConflictException", "The request was rejected: the client token was used before with other parameters.")
	e.Fields = map[string]any{"resourceIds": resourceIDs}
	return e
}

// PlatformUnknown refuses a platform version that Fargate doesn't have.
func PlatformUnknown() *aws.Error {
	return aws.Errorf("PlatformUnknownException", "The specified platform version does not exist.")
}

// PlatformIncompatible refuses a platform version that lacks what a task definition needs.
func PlatformIncompatible(format string, args ...any) *aws.Error {
	return aws.Errorf("PlatformTaskDefinitionIncompatibilityException", format, args...)
}

// UnsupportedFeature refuses what a launch type or region doesn't offer.
func UnsupportedFeature(format string, args ...any) *aws.Error {
	return aws.Errorf("UnsupportedFeatureException", format, args...)
}

// ProviderInUse refuses to take a capacity provider from a cluster while tasks run on it.
func ProviderInUse() *aws.Error {
	return aws.Errorf("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
}

// AccessDenied refuses what the caller may not do.
func AccessDenied(format string, args ...any) *aws.Error {
	return aws.Errorf("AccessDeniedException", format, args...)
}
