package servicediscovery

import "kaimon.dev/kaimon/aws"

// Errors of the Cloud Map API, with the codes of its reference.

// ErrInvalidInput says that a parameter can't be.
func ErrInvalidInput(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidInput", format, args...)
}

// ErrNamespaceNotFound says that a namespace doesn't exist.
func ErrNamespaceNotFound(ref string) *aws.Error {
	return aws.Errorf("NamespaceNotFound", "Namespace not found: %s", ref)
}

// ErrServiceNotFound says that a service doesn't exist.
func ErrServiceNotFound(ref string) *aws.Error {
	return aws.Errorf("ServiceNotFound", "Service not found: %s", ref)
}

// ErrInstanceNotFound says that a service has no such instance.
func ErrInstanceNotFound(id string) *aws.Error {
	return aws.Errorf("InstanceNotFound", "Instance not found: %s", id)
}

// ErrOperationNotFound says that an operation doesn't exist, or is too long ago.
func ErrOperationNotFound(id string) *aws.Error {
	return aws.Errorf("OperationNotFound", "Operation not found: %s", id)
}

// ErrResourceNotFound says that nothing has an ARN.
func ErrResourceNotFound(arn string) *aws.Error {
	return aws.Errorf("ResourceNotFoundException", "Resource not found: %s", arn)
}

// ErrNamespaceExists says that a namespace's name is taken.
func ErrNamespaceExists(n *Namespace) *aws.Error {
	e := aws.Errorf("NamespaceAlreadyExists", "A namespace with the name %s already exists.", n.Name)
	e.Fields = map[string]any{"NamespaceId": n.ID, "CreatorRequestId": n.CreatorRequestID}
	return e
}

// ErrServiceExists says that a service's name is taken.
func ErrServiceExists(s *Service) *aws.Error {
	e := aws.Errorf("ServiceAlreadyExists", "A service with the name %s already exists.", s.Name)
	e.Fields = map[string]any{"ServiceId": s.ID, "ServiceArn": s.ARN(), "CreatorRequestId": s.CreatorRequestID}
	return e
}

// ErrNamespaceInUse says that a namespace still has services.
func ErrNamespaceInUse(n *Namespace) *aws.Error {
	return aws.Errorf("ResourceInUse", "Namespace %s contains services, and can't be deleted.", n.ID)
}

// ErrServiceInUse says that a service still has instances.
func ErrServiceInUse(s *Service) *aws.Error {
	return aws.Errorf("ResourceInUse", "Service %s contains registered instances; delete the instances before deleting the service.", s.ID)
}

// ErrCustomHealthNotFound says that a service has no custom health check.
func ErrCustomHealthNotFound(s *Service, id string) *aws.Error {
	return aws.Errorf("CustomHealthNotFound", "Service %s has no custom health check for instance %s.", s.ID, id)
}

// ErrTooManyTags says that a resource would have more than 50 tags.
func ErrTooManyTags(arn string) *aws.Error {
	e := aws.Errorf("TooManyTagsException", "A resource can have at most %d tags.", maxTags)
	e.Fields = map[string]any{"ResourceName": arn}
	return e
}

// ErrTooManyAttributes says that a service would have more than 30 attributes.
func ErrTooManyAttributes() *aws.Error {
	return aws.Errorf("ServiceAttributesLimitExceededException", "A service can have at most %d attributes.", MaxAttributes)
}

// MaxAttributes is how many attributes a service may have.
const MaxAttributes = 30
