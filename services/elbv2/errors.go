package elbv2

import "kaimon.dev/kaimon/aws"

// Errors of the ELBv2 API, with the codes of its reference.

func errValidation(format string, args ...any) *aws.Error {
	return aws.Errorf("ValidationError", format, args...)
}

// ErrValidation says that a parameter's value can't be.
func ErrValidation(format string, args ...any) *aws.Error { return errValidation(format, args...) }

// ErrInvalidConfiguration says that values don't go together, or that Kaimon
// lacks what was asked for.
func ErrInvalidConfiguration(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidConfigurationRequest", format, args...)
}

// ErrLoadBalancerNotFound says that a load balancer does not exist; what is its
// ARN or name.
func ErrLoadBalancerNotFound(what string) *aws.Error {
	return aws.Errorf("LoadBalancerNotFound", "Load balancers '[%s]' not found", what)
}

// ErrTargetGroupNotFound says that a target group does not exist.
func ErrTargetGroupNotFound(arn string) *aws.Error {
	return aws.Errorf("TargetGroupNotFound", "Target groups '%s' not found", arn)
}

// ErrListenerNotFound says that a listener does not exist.
func ErrListenerNotFound() *aws.Error {
	return aws.Errorf("ListenerNotFound", "One or more listeners not found")
}

// ErrRuleNotFound says that a rule does not exist.
func ErrRuleNotFound() *aws.Error { return aws.Errorf("RuleNotFound", "One or more rules not found") }

// ErrCertificateNotFound says that ACM has no such certificate.
func ErrCertificateNotFound(arn string) *aws.Error {
	return aws.Errorf("CertificateNotFound", "Certificate '%s' not found", arn)
}

// ErrDuplicateLoadBalancer says that the name is taken by another one.
func ErrDuplicateLoadBalancer(name string) *aws.Error {
	return aws.Errorf("DuplicateLoadBalancerName", "A load balancer with the same name '%s' exists, but with different settings", name)
}

// ErrDuplicateTargetGroup says that the name is taken by another one.
func ErrDuplicateTargetGroup(name string) *aws.Error {
	return aws.Errorf("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", name)
}

// ErrDuplicateListener says that the load balancer listens on the port already.
func ErrDuplicateListener(loadBalancer string) *aws.Error {
	return aws.Errorf("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", loadBalancer)
}

// ErrPriorityInUse says that another rule has the priority.
func ErrPriorityInUse(priority int) *aws.Error {
	return aws.Errorf("PriorityInUse", "Priority '%d' is currently in use", priority)
}

// ErrResourceInUse says that a rule forwards to a target group.
func ErrResourceInUse(targetGroup string) *aws.Error {
	return aws.Errorf("ResourceInUse", "Target group '%s' is currently in use by a listener or a rule", targetGroup)
}

// ErrNotPermitted says that something may not be done.
func ErrNotPermitted(format string, args ...any) *aws.Error {
	return aws.Errorf("OperationNotPermitted", format, args...)
}

// ErrTooMany says that a quota is reached; what is such as "Rules".
func ErrTooMany(what, format string, args ...any) *aws.Error {
	return aws.Errorf("TooMany"+what, format, args...)
}

// ErrTooManyTags says that a resource would have more than 50 tags.
func ErrTooManyTags(arn string) *aws.Error {
	return ErrTooMany("Tags", "The maximum number of tags has been reached on resource '%s'", arn)
}

// ErrTooManyTargets says that a group would have more targets than its quota.
func ErrTooManyTargets(group string) *aws.Error {
	return ErrTooMany("Targets", "The maximum number of targets per target group has been reached on target group '%s'", group)
}

// ErrInvalidTarget says that a target can't be registered.
func ErrInvalidTarget(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidTarget", format, args...)
}

// ErrInstanceNotFound says that there is no such instance: Kaimon runs none.
func ErrInstanceNotFound(id string) *aws.Error {
	return ErrInvalidTarget("The following targets are not in a running state and cannot be registered: '%s'", id)
}
